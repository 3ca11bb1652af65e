"""mc_ctl status --watch: the status again and again, until SIGINT or SIGTERM."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pgx_base import again, report
from pgx_base.failure import Failure
from pgx_mirror.command import forms
from pgx_mirror.command.finding import Found, find
from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import PROGRAM
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller.asking import Refused

T = TypeVar("T")


def watch(asked: Request, settings: Settings, seconds: float) -> int:
    """Show what is *asked* for each *seconds*; return 0 once a signal has ended it.

    A controller that ends, or does not answer, is shown too.  Raises Failure where nothing
    can be written.
    """
    if asked.values.get("--output") == "json":
        return again.show(lambda: _line(settings, asked), seconds)
    blocks = again.Blocks()
    return again.show(lambda: blocks.next(_block(settings, asked)), seconds)


def _tried(
    form: Callable[[Found, Request], T], settings: Settings, asked: Request
) -> T | tuple[Failure, ...]:
    """Return what is to be shown in that *form*, or why it cannot be told."""
    try:
        return form(find(settings, looks=not again.still_looks()), asked)
    except Refused as ex:
        return ex.reasons
    except Failure as ex:
        return (ex,)


def _block(settings: Settings, asked: Request) -> str:
    said = _tried(forms.text, settings, asked)
    return _errors(said) if isinstance(said, tuple) else said


def _errors(failed: tuple[Failure, ...]) -> str:
    shown = (report.lines(PROGRAM, "error", one) for one in failed)
    return "\n".join(line for lines in shown for line in lines)


def _line(settings: Settings, asked: Request) -> str:
    said = _tried(forms.plain, settings, asked)
    if isinstance(said, tuple):
        said = {"errors": [again.error(one) for one in said]}
    return again.line(said)
