"""A status as Prometheus' text exposition format.  Pure.

Each name's HELP is a row of docs/commands.md too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgx_base import exposition
from pgx_base.exposition import Sample, one_of
from pgx_pclrsc.status.core.view import STATES, Moment, View

PREFIX = "pgx_resource_"
HELP = {
    "state": "The state that pgx_check reports, or unknown: 1 for the one that holds.",
    "state_since_timestamp_seconds": "When the state came to be, by the wall clock.",
    "last_answer_timestamp_seconds": "When the server has answered the monitor last.",
    "last_answer_latency_seconds": "How long that answer took.",
    "failures": "Failures in a row of the monitor's questions.",
    "warnings": "How many warnings of the monitor stand.",
    "monitor_up": "Whether a monitor lives.",
    "monitor_info": "The monitor's version; always 1.",
    "last_transition_timestamp_seconds": "When a script has changed the state last.",
}


def text(views: Sequence[View]) -> str:
    """Return all of *views*."""
    samples = [sample for view in views for sample in _of(view)]
    return exposition.text(PREFIX, HELP, samples)


def _of(view: View) -> Iterator[Sample]:
    labels = {"resource": view.name, "node": view.node}
    yield from one_of("state", labels, "state", STATES, view.state)
    for name, value in (
        ("state_since_timestamp_seconds", _clock(view.since)),
        ("last_answer_timestamp_seconds", _clock(view.answered)),
        ("last_answer_latency_seconds", view.latency),
        ("failures", view.failures),
        ("warnings", view.warned),
    ):
        if value is not None:
            yield name, labels, value
    if view.state != "unknown":
        yield "monitor_up", labels, float(view.monitor is not None)
    if view.version is not None:
        yield "monitor_info", {**labels, "version": view.version}, 1.0
    if done := view.transition:
        how = {"script": f"pgx_{done.script}", "mode": done.mode}
        yield "last_transition_timestamp_seconds", {**labels, **how}, done.at.clock


def _clock(at: Moment | None) -> float | None:
    return at.clock if at else None
