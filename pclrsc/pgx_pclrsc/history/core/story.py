"""From the lines of a trace to what happened: states, runs, faults, answers.  Pure.

A trace begins anywhere, as it is rotated, and ends anywhere, as a node does.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgx_base.trace_lines import Line
from pgx_pclrsc.history.core import latency, told
from pgx_pclrsc.history.core.runs import SCRIPTS, Runs
from pgx_pclrsc.history.core.told import Failed, Fault, Run, State, Told

_MONITOR = "pgx_monitor"
_SILENCE = (
    150.0  # seconds: a monitor that lives writes each minute how long answers took
)
_SET_BACK = 1.0  # seconds: two writers are not quite in order
_EVIDENCE = 200  # lines


def read(lines: Iterable[Line], now: float) -> Told:
    """Return what *lines* tell, up to *now*."""
    reader = _Reader()
    for line in lines:
        reader.hear(line)
    return reader.end(now)


class _Reader:
    """What is known after each line."""

    def __init__(self) -> None:
        self.told = Told()
        self._runs = Runs()
        self._at: float | None = None
        self._beats = False  # a monitor that writes each minute has been heard
        self._heard: float | None = None
        self._good: float | None = (
            None  # when the server is known to have answered last
        )
        self._doubts: list[Failed] = []
        self._evidence: tuple[int, Fault] | None = None
        self._before_stop = told.UNKNOWN

    # --- time and state ---------------------------------------------------------

    def hear(self, line: Line) -> None:
        self._pass(line.at)
        if line.who == _MONITOR:
            self._of_monitor(line)
        elif line.who in SCRIPTS:
            run = self._runs.hear(line)
            if run is not None:
                self._of_script(run, line.at)

    def end(self, now: float) -> Told:
        known = self.told
        if self._at is not None:
            self._pass(max(now, self._at))
        known.states = [one for one in known.states if _is_told(one)]
        known.runs = self._runs.found
        return known

    def _pass(self, at: float) -> None:
        """Let time go on to *at*, which may be earlier: a clock can be set back."""
        states = self.told.states
        if self._at is None:
            states.append(State(at, at, told.UNKNOWN))
        elif at < self._at - _SET_BACK:
            self.told.set_back.append((self._at, at))
            states.append(State(at, at, states[-1].state))
            self._heard = at if self._heard is not None else None
        elif self._is_silent(at):
            self._become(told.UNKNOWN, self._heard or at)
        self._at = at
        states[-1].end = max(states[-1].end, at)
        self.told.last = max(self.told.last, at)

    def _is_silent(self, at: float) -> bool:
        serves = self._state in told.SERVING
        return serves and self._heard is not None and at - self._heard > _SILENCE

    @property
    def _state(self) -> str:
        return self.told.states[-1].state

    def _become(self, state: str, at: float) -> None:
        last = self.told.states[-1]
        if last.state == state:
            return
        at = max(at, last.begin)
        last.end = at
        self.told.states.append(State(at, at, state))

    # --- the monitor ------------------------------------------------------------

    def _of_monitor(self, line: Line) -> None:
        if line.is_for_people():
            self._keep_evidence(line)
            return
        facts = line.facts()
        of = facts.get("of", "")
        self._evidence = None
        self._beats = self._beats or of == "latency"
        self._heard = line.at if self._beats else None
        match of:
            case "latency":
                self._latency(line.at, facts.get("answers", ""))
            case "watched" | "answers":
                self._serves(line.at)
            case "failed":
                self._fails(line.at, facts)
            case "faulted":
                self._faulted(line, facts.get("reason", ""))
            case "ended" if not self._runs.works:
                self._become(told.UNKNOWN, line.at)
            case _:
                pass

    def _latency(self, at: float, answers: str) -> None:
        minute = latency.minute(at, answers)
        if minute is None:
            return
        self.told.minutes.append(minute)
        self._good = max(self._good or minute.last, minute.last)
        if self._state == told.UNKNOWN:
            self._become(told.ONLINE, minute.first)

    def _serves(self, at: float) -> None:
        self._good, self._doubts = at, []
        self._become(told.ONLINE, at)

    def _fails(self, at: float, facts: dict[str, str]) -> None:
        words = [facts.get(name, "?") for name in ("failures", "allowed", "reason")]
        failed = Failed(at, *words)
        self.told.failed.append(failed)
        self._doubts.append(failed)
        if self._state in (told.ONLINE, told.UNKNOWN):
            self._become(told.DOUBTED, at)

    def _faulted(self, line: Line, reason: str) -> None:
        fault = Fault(line.at, reason, self._good, self._doubts)
        self.told.faults.append(fault)
        self._evidence = line.pid, fault
        self._good, self._doubts, self._heard = None, [], None
        self._become(told.FAULTED, line.at)

    def _keep_evidence(self, line: Line) -> None:
        if self._evidence is None or self._evidence[0] != line.pid:
            return
        kept = self._evidence[1].evidence
        if len(kept) < _EVIDENCE:
            kept.append(line.text)

    # --- scripts ----------------------------------------------------------------

    def _of_script(self, run: Run, at: float) -> None:
        starts = SCRIPTS[run.script] == "online"
        if run.end is None:
            self._begins(starts, at)
        elif starts:
            self._has_started(run, at)
        else:
            self._has_stopped(run, at)

    def _begins(self, starts: bool, at: float) -> None:
        if starts and self._state not in told.SERVING:
            self._become(told.STARTING, at)
        elif not starts and self._state not in (told.OFFLINE, told.STOPPING):
            self._before_stop = self._state
            self._become(told.STOPPING, at)

    def _has_started(self, run: Run, at: float) -> None:
        if not run.has_failed and self._state == told.STARTING:
            self._serves(at)
        elif run.has_failed and (self._state == told.STARTING or run.undone):
            self._become(told.OFFLINE, at)

    def _has_stopped(self, run: Run, at: float) -> None:
        if not run.has_failed:
            self._good, self._heard, self._doubts = None, None, []
            self._become(told.OFFLINE, at)
        elif self._state == told.STOPPING:
            was = self._before_stop
            self._become(was if was == told.FAULTED else told.LEFT, at)


def _is_told(state: State) -> bool:
    """Whether it was at all: a trace begins with a moment of which nothing is known."""
    return state.state != told.UNKNOWN or state.end > state.begin
