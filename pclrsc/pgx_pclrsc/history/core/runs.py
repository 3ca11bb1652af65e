"""The runs of scripts, as the lines of a trace tell them.  Pure."""

from __future__ import annotations

from pgx_base.trace_lines import Line
from pgx_pclrsc.history.core.told import Run

SCRIPTS = {"pgx_online": "online", "pgx_offline": "offline"}
_BEGINS, _ENDS = "begins ", "ends with "
_LOST = "ends: the script's parent is gone"
_UNDOES = "stopping what was started"
_MOST = 40  # lines of a run that are kept
_SAYS = ("error: ", "warning: ", "detail: ", "hint: ")
# The steps of a stop that do something.
_STEPS = {
    "SendFast": "requested a fast shutdown",
    "SendImmediate": "requested an immediate shutdown",
    "EndAlone": "ended a process that held the stop up",
    "Kill": "sent SIGKILL to all that was left",
    "GiveUp": "gave up",
}


class Runs:
    """Every run, and which of them work still."""

    def __init__(self) -> None:
        self.found: list[Run] = []
        self._open: dict[tuple[str, int], Run] = {}
        self._before: dict[tuple[str, int], str] = {}

    @property
    def works(self) -> bool:
        """Whether a script works, as far as is told."""
        return bool(self._open)

    def hear(self, line: Line) -> Run | None:
        """Take note of *line*; return its run where it begins or ends with it."""
        key = line.who, line.pid
        if line.text.startswith(_BEGINS):
            return self._begin(line)
        run = self._open.get(key)
        if run is None:
            return None
        if line.text.startswith(_ENDS) or line.text == _LOST:
            return self._end(key, line)
        if line.is_for_people():
            self._say(run, line)
            self._before[key] = line.text
        else:
            self._decide(run, line.facts(), self._before.get(key, ""))
        return None

    def _begin(self, line: Line) -> Run:
        key = line.who, line.pid
        asked = line.text.removeprefix(_BEGINS)
        # One script works at a time, but a second may wait for it.
        run = Run(line.who, line.pid, line.at, asked)
        self._open[key] = run
        self.found.append(run)
        return run

    def _end(self, key: tuple[str, int], line: Line) -> Run:
        run = self._open.pop(key)
        self._before.pop(key, None)
        run.end = line.at
        code = line.text.removeprefix(_ENDS)
        run.code = (
            int(code) if code.isascii() and code.isdigit() and len(code) < 4 else 1
        )
        if line.text == _LOST:
            run.said.append("the script itself was killed")
        return run

    @staticmethod
    def _say(run: Run, line: Line) -> None:
        said = line.text.removeprefix(f"{line.who}: ")
        if len(run.said) < _MOST and said.startswith(_SAYS):
            run.said.append(said)
        run.undone = run.undone or line.text == _UNDOES

    @staticmethod
    def _decide(run: Run, facts: dict[str, str], before: str) -> None:
        match facts.get("of"):
            case "offline":
                run.did = f"{facts.get('mode', '')} stop"
                run.because = before.partition(": ")[2]
            case "online":
                run.did = facts.get("step", "")
                run.because = before
            case "stop":
                step = _STEPS.get(facts.get("step", ""))
                if step and len(run.steps) < _MOST:
                    why = facts.get("because", "")
                    run.steps.append(f"{step}: {why}" if why else step)
            case _:
                pass
