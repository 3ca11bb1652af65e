"""The tables of a report.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgx_base import moments
from pgx_base.page.markup import Content, Markup, element, joined
from pgx_base.page.table import table
from pgx_pclrsc.history.core import outages
from pgx_pclrsc.history.core.outages import Outage
from pgx_pclrsc.history.core.period import Period
from pgx_pclrsc.history.core.switchlog import OUTPUT
from pgx_pclrsc.history.core.told import Run, Told
from pgx_pclrsc.history.core.words import took

_KINDS = {
    outages.FAULT: "a fault",
    outages.STOP: "it was stopped",
    outages.NOT_KNOWN: "not known",
}


def not_online(away: Sequence[Outage], now: float) -> Markup:
    """Return when it did not serve here, and why."""
    if not away:
        return element("p", "At no time since it was Online first.")
    rows = [
        (
            _when(one.begin),
            _when(one.end) if one.end is not None else "not yet",
            moments.length(one.seconds(now)),
            _KINDS[one.kind],
            one.why,
        )
        for one in away
    ]
    return table(("from", "Online again", "length", "by", "why"), rows)


def _when(at: float) -> Markup:
    return element("time", moments.text(at, 3))


def script_runs(runs: Sequence[Run]) -> Markup:
    """Return each run, with what was asked and what was done."""
    if not runs:
        return element("p", "No script ran in this time.")
    head = ("began", "asked", "mode or decision, and why", "took", "exit", "said")
    return table(head, [tuple(_run(run)) for run in runs])


def _run(run: Run) -> Iterator[Content]:
    yield joined([_when(run.begin), element("b", run.script)], "<br>")
    yield joined(run.asked.split(" "), "<br>")
    did = [f"{run.did}: {run.because}" if run.because else run.did, *run.steps]
    yield joined(did, "<br>")
    yield took(run) or "not in the trace"
    code = "" if run.code is None else str(run.code)
    yield element("b", code, class_="bad") if run.has_failed else code
    yield joined(run.said, "<br>")


def beside(known: Told, period: Period) -> Markup:
    """Return what was seen here and what RMS has said, in order, next to each other."""
    rows = [(at, ours, "") for at, ours in _ours(known) if period.has(at)]
    rows += [(at, "", theirs) for at, theirs in _theirs(period)]
    rows.sort(key=lambda row: row[0])
    shown = [(moments.text(at, 3), ours, theirs) for at, ours, theirs in rows]
    return table(("time", "here", "RMS"), shown)


def _ours(known: Told) -> Iterator[tuple[float, str]]:
    for state in known.states:
        yield state.begin, f"State: {state.state}."
    for run in known.runs:
        yield run.begin, f"{run.script} begins: {run.asked}"
        if run.end is not None:
            yield run.end, f"{run.script} ends with {run.code}."


def _theirs(period: Period) -> Iterator[tuple[float, str]]:
    for one in period.rms():
        head = "a script printed" if one.kind == OUTPUT else f"({one.code}) {one.kind}"
        yield one.at, f"{head}: {' / '.join(one.text.splitlines())}"
