"""Whether the worker is at the work directory right now: its parent looks, the worker tells.

A file system may hang, and the worker with it.  The parent has to know which one it is:
an instance can be stopped without its work directory, and not without its own disk.
A byte stands in a pipe that both have open for as long as the worker is there, so telling
costs no message, and looking disturbs nobody.
"""

from __future__ import annotations

import os
import select
from types import TracebackType

from pgx_base.trace import Nowhere


class AtWorkdir(Nowhere):
    """`with` this the worker touches its work directory; it may be nested."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth == 1:
            os.write(self._writer, b"x")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            os.read(self._reader, 1)

    def is_there(self) -> bool:
        """Whether the worker is there now."""
        return bool(select.select([self._reader], [], [], 0)[0])

    def close(self) -> None:
        """Look no more."""
        os.close(self._reader)
        os.close(self._writer)
