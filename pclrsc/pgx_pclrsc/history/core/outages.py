"""When the resource did not serve on this node, for how long, and why.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pgx_pclrsc.history.core import told
from pgx_pclrsc.history.core.told import Fault, State, Told

FAULT, STOP, NOT_KNOWN = "fault", "stop", "not known"


@dataclass(frozen=True, slots=True)
class Outage:
    """From *begin* on it did not serve here; *end* is None where it has not since.

    After a fault *begin* is its last answer, where that is told.
    """

    begin: float
    end: float | None
    kind: str
    why: str

    def seconds(self, now: float) -> float:
        """Return how long it was, or has been *now*."""
        return max((now if self.end is None else self.end) - self.begin, 0.0)


def find(known: Told) -> list[Outage]:
    """Return all of them, after the first time that it served."""
    causes = _Causes(known)
    found: list[Outage] = []
    stretch: list[State] = []
    served = False
    for state in known.states:
        if state.state not in told.SERVING:
            stretch.append(state)
            continue
        if served and stretch:
            found.append(causes.outage(stretch, state.begin))
        served, stretch = True, []
    if served and stretch:
        found.append(causes.outage(stretch, None))
    return found


class _Causes:
    """Faults and runs by when they began."""

    def __init__(self, known: Told) -> None:
        self._faults = {fault.at: fault for fault in known.faults}
        self._runs = {run.begin: run for run in known.runs}

    def outage(self, stretch: Sequence[State], end: float | None) -> Outage:
        first = stretch[0]
        for state in stretch:
            fault = self._faults.get(state.begin)
            if state.state == told.FAULTED and fault is not None:
                return Outage(_since(fault), end, FAULT, fault.reason)
        run = self._runs.get(first.begin)
        if first.state == told.STOPPING and run is not None:
            return Outage(first.begin, end, STOP, f"{run.did}: {run.because}")
        return Outage(first.begin, end, NOT_KNOWN, "nothing is written of that time")


def _since(fault: Fault) -> float:
    return fault.at if fault.since is None else min(fault.since, fault.at)
