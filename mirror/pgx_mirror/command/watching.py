"""mc_ctl status --watch: the status again and again, until SIGINT or SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from pgx_base import report
from pgx_base.failure import Failure
from pgx_mirror.command import forms
from pgx_mirror.command.finding import Found, find
from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import PROGRAM
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller.asking import Refused

T = TypeVar("T")

_ENDS = (signal.SIGINT, signal.SIGTERM)
_CLEAR = "\x1b[H\x1b[2J"  # cursor home, and the screen empty


class _Ended(BaseException):
    """A signal: nothing that is caught on the way is meant by it."""


def watch(asked: Request, settings: Settings, seconds: float) -> int:
    """Show what is *asked* for each *seconds*; return 0 once a signal has ended it.

    A controller that ends, or does not answer, is shown too.  Raises Failure where nothing
    can be written.
    """
    is_json = asked.values.get("--output") == "json"
    shows = _line if is_json else _Blocks(clears=_clears())
    try:
        for number in _ENDS:
            signal.signal(number, _end)
        while True:
            next_at = time.monotonic() + seconds
            report.to_stdout(shows(settings, asked))
            time.sleep(max(0.0, next_at - time.monotonic()))
    except _Ended:
        return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    """End the watch; a second signal finds it ending."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise _Ended


def _clears() -> bool:
    return os.isatty(1) and os.environ.get("TERM", "dumb") != "dumb"


def _tried(
    form: Callable[[Found, Request], T], settings: Settings, asked: Request
) -> T | tuple[Failure, ...]:
    """Return what is to be shown in that *form*, or why it cannot be told."""
    try:
        return form(find(settings, looks=not _still_looks()), asked)
    except Refused as ex:
        return ex.reasons
    except Failure as ex:
        return (ex,)


def _still_looks() -> bool:
    """Whether a child of an earlier look hangs, at a disk; those that have ended are reaped.

    Each look would leave one more.
    """
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


class _Blocks:
    """Text with a line of time above it: a screen each, where it *clears*."""

    def __init__(self, *, clears: bool) -> None:
        self._before, self._between = (_CLEAR, _CLEAR) if clears else ("", "\n")

    def __call__(self, settings: Settings, asked: Request) -> str:
        """Return the next block."""
        before, self._before = self._before, self._between
        said = _tried(forms.text, settings, asked)
        text = _errors(said) if isinstance(said, tuple) else said
        return f"{before}{time.strftime('%Y-%m-%d %H:%M:%S %z')}\n{text}"


def _errors(failed: tuple[Failure, ...]) -> str:
    shown = (report.lines(PROGRAM, "error", one) for one in failed)
    return "\n".join(line for lines in shown for line in lines)


def _line(settings: Settings, asked: Request) -> str:
    """Return one object, on one line."""
    said = _tried(forms.plain, settings, asked)
    if isinstance(said, tuple):
        said = {"errors": [_error(one) for one in said]}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"time": at, **said})


def _error(one: Failure) -> dict[str, str]:
    return {"error": one.primary, "detail": one.detail or "", "hint": one.hint or ""}
