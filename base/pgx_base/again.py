"""`--watch`: something shown again and again, until SIGINT or SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.heeded import Heeded

_ENDS = (signal.SIGINT, signal.SIGTERM)
_CLEAR = "\x1b[H\x1b[2J"  # cursor home, and the screen empty


class _Ended(BaseException):
    """A signal: nothing that is caught on the way is meant by it."""


def show(form: Callable[[], str], seconds: float) -> int:
    """Print what *form* returns each *seconds*; return 0 once a signal has ended it.

    Raises Failure where nothing can be written.
    """
    heeded = Heeded(_ENDS, _Ended)
    try:
        while True:
            with heeded.ending():
                _show(form, seconds)
    except _Ended:
        return 0


def _show(form: Callable[[], str], seconds: float) -> None:
    """Print it once, and wait for the next time.  Raises Failure."""
    next_at = time.monotonic() + seconds
    report.to_stdout(form())
    time.sleep(max(0.0, next_at - time.monotonic()))


class Blocks:
    """Texts, each with a line of time above it: a screen each, on a terminal."""

    def __init__(self) -> None:
        clears = os.isatty(1) and os.environ.get("TERM", "dumb") != "dumb"
        self._before, self._between = (_CLEAR, _CLEAR) if clears else ("", "\n")

    def next(self, text: str) -> str:
        """Return *text* as the next block."""
        before, self._before = self._before, self._between
        return f"{before}{time.strftime('%Y-%m-%d %H:%M:%S %z')}\n{text}"


def still_looks() -> bool:
    """Whether a child of an earlier look hangs, at a disk; those that have ended are reaped.

    Each look would leave one more.
    """
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def line(known: Mapping[str, Any]) -> str:
    """Return what is *known* as one object of JSON, on one line, with the time."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"time": at, **known})


def error(one: Failure) -> dict[str, str]:
    """Return *one* as what JSON has."""
    return {"error": one.primary, "detail": one.detail or "", "hint": one.hint or ""}
