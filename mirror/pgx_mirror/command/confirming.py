"""The operator's word that the other server is off: asked for before anything is forced."""

from __future__ import annotations

import sys

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command import finding
from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import warn
from pgx_mirror.conf.settings import Settings

_YES = ("y", "yes")


def confirmed(settings: Settings, asked: Request) -> None:
    """Return once the word is given, by -f or by an answer.  Raises Failure.

    What it says cannot be found out: a server that is silent may have gone on alone.
    """
    other = quoted(settings.peer.identifier)
    warn(
        Failure(
            f"server {other} must be off, and stay off until this has ended",
            detail=f"It must not have gone on alone since {_since(settings)}, even if it "
            "was a pair again after that. Else rows are lost, or there are two primaries.",
        )
    )
    if "-f" in asked.flags:
        return
    if not sys.stdin.isatty():
        raise Failure(
            f"the {asked.mode} by force is not confirmed",
            hint="Answer on a terminal; or add -f, where it is so.",
        )
    if _answer(f"Is server {other} off, and is all of it so? [y/N] ") not in _YES:
        raise Failure(
            f"the {asked.mode} by force is not confirmed", detail="Nothing is done."
        )


def _answer(question: str) -> str:
    """Return what is answered; ^C is no yes."""
    try:
        report.bytes_to_stderr(question.encode())
        return sys.stdin.readline().strip().lower()
    except KeyboardInterrupt:
        report.bytes_to_stderr(b"\n")
        return ""


def _since(settings: Settings) -> str:
    """Return since when this server has last promised something, as its mark has it."""
    mark = finding.mark_of(settings.server.db_instance, settings.identifier)
    if mark is None:
        return "this server was in sync with it last"
    since = mark.since or "a time that the mark does not tell"
    return f"{since}, when epoch {mark.epoch} began here ({mark.state})"
