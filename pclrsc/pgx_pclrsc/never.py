"""What a `match` ends with, without typing, which a switch would wait for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn
    from typing import assert_never as assert_never
else:

    def assert_never(value: object, /) -> NoReturn:
        """Fail: a type checker sees to it that no *value* comes here."""
        raise AssertionError(f"unexpected: {value!r}")
