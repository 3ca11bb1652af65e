"""Signals that want an end: heard where nothing is half done, and nowhere else.

A handler that raises strikes between any two steps: behind the note of what is typed and
before it is typed, or behind a screen that was read and before it is known.  The one is
waited for in vain then, and at the other a number is typed that was another menu's.
"""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType

from pgx_base.failure import Failure

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Failure):
    """Somebody wants this to end."""


class Interruption:
    """What has come of the signals that end a program, while this is a context."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> Interruption:
        self._before = {number: signal.signal(number, self._hear) for number in _ENDING}
        # Who reads our progress and leaves must not end this halfway.  A handler is not
        # inherited by hvw, as SIG_IGN would be.
        self._before[signal.SIGPIPE] = signal.signal(signal.SIGPIPE, lambda *_: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def _hear(self, number: int, _: FrameType | None) -> None:
        try:
            os.write(self._writer, bytes([number]))
        except BlockingIOError:
            pass  # thousands came before it

    def fileno(self) -> int:
        """Return what can be read from once a signal has come."""
        return self._reader

    def check(self) -> None:
        """Raise Interrupted for a signal that has come, once for each."""
        try:
            (number,) = os.read(self._reader, 1)
        except BlockingIOError:
            return
        raise Interrupted(f"interrupted by {signal.Signals(number).name}")
