"""Reading the traces of a resource as its OS user, and drawing the page there too.

What that user has written is read, and made something of, with that user's rights alone.
A disk that hangs is not waited for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from pgx_base import trace_halves, trace_lines
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass, replace
from pgx_base.text import quoted
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.history.core import page, story, switchlog
from pgx_pclrsc.history.core.about import About
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, ask

_LOOK, _PATIENCE = 5.0, 60.0  # seconds until the traces are open; for all of it


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that is wanted, with what root has read of it."""

    definition: ResourceDefinition
    about: About
    switchlog: str


def draw(asked: Asked) -> str:
    """Return the page.  Raises Failure."""
    _ask(asked, partial(_looked, asked.definition.work_directory), _LOOK)
    return _ask(asked, partial(_draw, asked), _PATIENCE)


def _ask(asked: Asked, work: Callable[[], str], seconds: float) -> str:
    name = asked.about.name
    job = Job(work, asked.definition, seconds)
    found = ask({name: job}).take(name, str)
    if isinstance(found, Unknown):
        raise Failure(f"could not report on resource {quoted(name)}: {found.why}")
    return found


def _looked(work: str) -> str:
    """See whether there is a trace, and whether its disk answers.  Raises OSError."""
    for fd in trace_halves.open_both(work):
        if fd is not None:
            os.close(fd)
    return ""


def _draw(asked: Asked) -> str:
    """Raises OSError."""
    halves = trace_halves.read(asked.definition.work_directory)
    now = asked.about.now
    found = trace_lines.read(halves.text, now)
    notes = (*halves.notes, *trace_lines.told(found), *asked.about.notes)
    about = replace(asked.about, notes=notes)
    entries = switchlog.read(asked.switchlog)
    return page.draw(about, story.read(found.lines, now), entries)
