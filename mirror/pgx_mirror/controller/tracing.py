"""The trace of a controller, which a hand writes: the disk of a management directory may hang."""

from __future__ import annotations

import select
import time

from pgx_base.trace import Trace
from pgx_mirror.hands.line import Line
from pgx_mirror.hands.staff import Staff

WORK = "trace"
_EVERY = 0.2  # seconds between two hands: a fork costs more than a line
_AT_THE_END = 1.0  # seconds that a controller waits for its last lines
_MOST = 5000  # texts that are kept while the disk hangs; those after them are lost


class Tracing:
    """What is to be traced, and by whom: never by the loop itself."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._texts: list[str] = []
        self._next = 0.0

    def note(self, text: str) -> None:
        """Have *text* traced, with the time of now."""
        if len(self._texts) < _MOST:
            self._texts.append(self._trace.stamped(text))

    def turn(self, staff: Staff, now: float) -> None:
        """Have a hand write what there is, unless one is still at it."""
        if self._texts and now >= self._next and not staff.is_at(WORK):
            self._begin(staff)
            self._next = now + _EVERY

    def _begin(self, staff: Staff) -> None:
        # Without our locks: while the disk hangs, another controller may begin, or stop -e end.
        texts = "".join(self._texts)
        if not staff.begin_apart(WORK, _keep, self._trace, texts):
            self._texts = []

    def end(self, staff: Staff) -> None:
        """Have all of it written, as far as the disk takes it in time."""
        until = time.monotonic() + _AT_THE_END
        while self._texts or staff.is_at(WORK):
            if not staff.is_at(WORK):
                self._begin(staff)
            poll = select.poll()
            for fd in staff.fds():
                poll.register(fd, select.POLLIN)
            left = until - time.monotonic()
            if left <= 0:
                break
            for _ in staff.hear(dict(poll.poll(min(left, _EVERY) * 1000))):
                pass
        staff.end(WORK)


def _keep(_line: Line, trace: Trace, texts: str) -> None:
    trace.keep(texts)
