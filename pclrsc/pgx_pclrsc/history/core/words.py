"""A fault, or a script that has failed, told in words: one thing led to another.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pgx_base import moments
from pgx_pclrsc.history.core import told
from pgx_pclrsc.history.core.runs import SCRIPTS
from pgx_pclrsc.history.core.switchlog import OUTPUT, Entry
from pgx_pclrsc.history.core.told import Fault, Run, Told

_FOLLOWS = 600.0  # seconds after a fault in which what RMS says is taken to be about it
_MOST = 8  # messages of RMS at one fault
# What Online has decided last, where it was done.
_DONE = {"Adopt": "adopted the server that ran", "Start": "started the server"}

# When, and what.
Step = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Incident:
    """What went wrong: a *title*, the steps in words, and the evidence that was kept."""

    at: float
    is_fault: bool
    title: str
    steps: tuple[Step, ...]
    evidence: tuple[str, ...]


def wrong(known: Told) -> list[Fault | Run]:
    """Return all faults and all scripts that failed, in order."""
    failed = [run for run in known.runs if run.has_failed]
    return sorted([*known.faults, *failed], key=began)


def began(one: Fault | Run) -> float:
    """Return when *one* was."""
    return one.at if isinstance(one, Fault) else one.begin


def incident(
    one: Fault | Run, known: Told, rms: Sequence[Entry], now: float
) -> Incident:
    """Return *one* in words, with what *known* and *rms* tell of it."""
    return _of_fault(one, known, rms, now) if isinstance(one, Fault) else _of_run(one)


def took(run: Run) -> str:
    """Return how long *run* took."""
    return "" if run.end is None else moments.length(max(run.end - run.begin, 0.0))


# --- a fault ----------------------------------------------------------------------


def _of_fault(fault: Fault, known: Told, rms: Sequence[Entry], now: float) -> Incident:
    following = min(
        (one.at for one in known.faults if one.at > fault.at), default=now + 1
    )
    back = next(
        (one.begin for one in known.states if _is_back(one, fault.at, following)), None
    )
    until = back if back is not None else min(following, fault.at + _FOLLOWS)
    runs = [one for one in known.runs if fault.at <= one.begin <= until]
    steps = [
        *_before(fault),
        (fault.at, f"The monitor judged it Faulted: {_clause(fault.reason)}."),
        *(step for run in runs for step in _run(run)),
        *_rms(rms, fault.at - 5, until + 5),
        _after(fault, back, now),
    ]
    steps[:-1] = sorted(steps[:-1], key=lambda one: one[0])
    return Incident(
        fault.at,
        True,
        f"Faulted: {fault.reason}",
        tuple(steps),
        tuple(fault.evidence),
    )


def _is_back(state: told.State, at: float, following: float) -> bool:
    return state.state == told.ONLINE and at < state.begin < following


def _clause(text: str) -> str:
    return text.rstrip(".")


def _before(fault: Fault) -> Iterator[Step]:
    if fault.since is not None:
        yield fault.since, "The server answered for the last time."
    if not fault.failed:
        return
    first, last = fault.failed[0], fault.failed[-1]
    if len(fault.failed) == 1:
        yield first.at, f"A question failed: {_clause(first.reason)}."
        return
    reasons = list(dict.fromkeys(one.reason for one in fault.failed))
    why = "; then ".join(map(_clause, reasons[:3]))
    until = moments.clock(last.at)
    yield (
        first.at,
        f"Questions began to fail, {last.failures} of {last.allowed} times until "
        f"{until}: {why}.",
    )


def _run(run: Run) -> Iterator[Step]:
    yield run.begin, f"{run.script} began ({run.asked})."
    starts = SCRIPTS[run.script] == "online"
    if run.did and not starts:
        yield run.begin, f"It chose the {run.did}, because {_clause(run.because)}."
    for step in run.steps:
        yield run.begin, f"It {_clause(step)}."
    if run.end is None:
        yield run.begin, "Its end is not in the trace."
        return
    done = f" It {_DONE[run.did]}." if starts and run.did in _DONE else ""
    failed = " ".join(_sentences(run)) if run.has_failed else done.strip()
    yield (
        run.end,
        f"{run.script} ended with {run.code} after {took(run)}. {failed}".rstrip(),
    )


def _sentences(run: Run) -> Iterator[str]:
    for said in run.said:
        level, _, text = said.partition(": ")
        if level != "warning":
            yield f"{text[:1].upper()}{_clause(text[1:])}."


def _rms(entries: Sequence[Entry], begin: float, end: float) -> list[Step]:
    found = [
        (one.at, f"RMS wrote ({one.code}) {one.kind}: {_clause(one.text)}.")
        for one in entries
        if one.kind != OUTPUT and begin <= one.at <= end
    ]
    grave = [step for step in found if ") NOTICE:" not in step[1]]
    return (grave or found)[:_MOST]


def _after(fault: Fault, back: float | None, now: float) -> Step:
    since = fault.at if fault.since is None else min(fault.since, fault.at)
    counted = "verdict" if fault.since is None else "last answer"
    if back is None:
        return now, (
            "It has not been Online on this node since; where the application went, "
            "the other node's report tells."
        )
    length = moments.length(back - since)
    return back, (
        f"It was Online here again. The outage was {length}, from the {counted} on."
    )


# --- a script that has failed -----------------------------------------------------


def _of_run(run: Run) -> Incident:
    told_first = next(iter(_sentences(run)), "it has not said why")
    title = f"{run.script} failed: {_clause(told_first[:1].lower() + told_first[1:])}"
    return Incident(run.begin, False, title, tuple(_run(run)), ())
