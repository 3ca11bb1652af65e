"""Pages of traces that a test has written."""

from __future__ import annotations

from pgx_base import moments, trace_lines
from pgx_pclrsc.history.core import page, story, switchlog
from pgx_pclrsc.history.core.about import About

RESOURCE = "Cmd_pg1"


def about(now: float, since: float | None = None, notes: tuple[str, ...] = ()) -> About:
    """Return what a report at *now* is about."""
    return About(
        "pg1",
        "node1RMS",
        since,
        now,
        5000.0,
        "asks every 3 s",
        notes,
        "Made by pgx_pclrsc 0.1.0.",
    )


def drawn(trace: str, now: float, rms: str = "", since: float | None = None) -> str:
    """Return the page of *trace* and of what RMS has written."""
    known = story.read(trace_lines.read(trace, now).lines, now)
    return page.draw(about(now, since), known, switchlog.read(rms))


def message(at: float, kind: str, text: str, code: str = "DET, 2") -> str:
    """Return one message of a switchlog."""
    return f"{moments.text(at, 3)}:({code}): {kind}: {text}\n: ====\n"


def fault_reason(at: float) -> str:
    """Return what RMS writes of a resource that its detector calls Faulted."""
    text = f"Resource <{RESOURCE}> transitioned to a Faulted state due to a detector report."
    return message(at, "ERROR", f"FAULT REASON: {text}")
