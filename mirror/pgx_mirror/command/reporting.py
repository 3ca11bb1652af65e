"""mc_ctl report: a page of what happened to the pair, from the traces of its controllers."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from pgx_base import clock, moments, new_file, report, since, trace_halves, trace_lines
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.trace_lines import Line
from pgx_base.version import VERSION
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import mcdir_of
from pgx_mirror.command.telling import PROGRAM, done
from pgx_mirror.history import page, told
from pgx_mirror.history.page import About

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def write(asked: Request) -> int:
    """Write the page where *asked* wants it, and return the exit code.  Raises Failure."""
    now, notes = clock.now(), []
    traces: list[list[Line]] = []
    for text, read in _texts(asked):
        found = trace_lines.read(text, now)
        traces.append(found.lines)
        notes += [*read, *trace_lines.told(found)]
    begin = asked.values.get("--since")
    about = About(
        since.read(begin, now) if begin else None,
        now,
        tuple(notes),
        f"Made by {PROGRAM} {VERSION} at {moments.text(now)} {time.strftime('%z')}.",
    )
    shown = page.draw(about, told.read(traces, now))
    file = asked.values.get("-o")
    if file is None:
        report.to_stdout(shown)
        return 0
    new_file.write(file, shown.encode("utf-8", "replace"))
    done(f"report written to {quoted(file)}")
    return 0


def _texts(asked: Request) -> Iterator[tuple[str, list[str]]]:
    """Yield each trace, with what is to be known of it.  Raises Failure."""
    mcdir, other = mcdir_of(asked), asked.values.get("--peer-trace")
    try:
        yield trace_halves.read(mcdir)
    except OSError as ex:
        raise Failure(
            f"could not read the trace in {quoted(mcdir)}: {ex.strerror}",
            hint="It is written by Mirroring Controller; start it, or correct -M.",
        ) from ex
    if other is not None:
        yield _peers(other)
    else:
        yield "", ["Without --peer-trace it tells of this server's side alone."]


def _peers(file: str) -> tuple[str, list[str]]:
    try:
        with open(os.open(file, _READ), "rb") as opened:
            found = os.fstat(opened.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "it is no regular file")
            opened.seek(max(0, found.st_size - trace_halves.LARGEST))
            text = opened.read(trace_halves.LARGEST).decode("utf-8", "replace")
    except OSError as ex:
        raise Failure(f"could not read file {quoted(file)}: {ex.strerror}") from ex
    return text, [f"{file}: {found.st_size:,} bytes."]
