"""What a switch would wait for typing to load for: its Protocol and assert_never."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn
    from typing import Protocol as Protocol
    from typing import assert_never as assert_never
else:
    Protocol = object

    def assert_never(value: object, /) -> NoReturn:
        """Fail: a type checker sees to it that no *value* comes here."""
        raise AssertionError(f"unexpected: {value!r}")
