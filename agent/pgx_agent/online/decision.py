"""What pgx_online has decided, for trace.log: a sentence, and the facts behind it.

The sentence is for people, the line of key=value for programs: see `pgx_base.trace`.
"""

from __future__ import annotations

from pgx_agent.core import online
from pgx_base.light import dataclasses as frozen
from pgx_base.trace import facts

_IN_WORDS = {
    "Adopt": "a server runs and is adopted",
    "LookAgain": "another look is needed",
    "Stop": "a server runs and is stopped",
    "EndOrphans": "what a dead postmaster has left is ended",
    "Refuse": "nothing is started",
    "RefuseOddity": "nothing is started",
    "Doubt": "nothing is started beside what may be the instance's",
    "Start": "no server runs, so it is started",
}


def lines(found: online.Facts, step: online.Step) -> str:
    """Return the two lines of the trace about *step*, which *found* has led to."""
    name = type(step).__name__
    why = getattr(step, "why", "")
    sentence = _IN_WORDS.get(name, name) + (f": {why}" if why else "")
    return f"{sentence}\n{facts('online', **_values(found, step))}"


def of_facts(found: online.Facts) -> str:
    """Return the line of the trace for what was *found* alone."""
    return facts("found", **_values(found, None))


def _values(found: online.Facts, step: online.Step | None) -> dict[str, object]:
    values: dict[str, object] = {}
    if step is not None:
        values["step"] = type(step).__name__
        values |= _fields("", step)
    values["pid_file"] = type(found.pid_file).__name__
    values |= _fields("pid_file_", found.pid_file)
    for name in frozen.names(online.Facts):
        if name != "pid_file":
            values[name] = _shown(getattr(found, name))
    return values


def _fields(prefix: str, of: object) -> dict[str, object]:
    named = {name: getattr(of, name) for name in frozen.names(type(of))}
    return {f"{prefix}{name}": _shown(value) for name, value in named.items()}


def _shown(value: object) -> object:
    """Return *value* in one word: a server as PID:start, several with a comma."""
    match value:
        case online.Server(pid=pid, start=start):
            return f"{pid}:{start}"
        case (int(), int()):
            return ":".join(map(str, value))
        case tuple():
            return ",".join(str(_shown(one)) for one in value)
        case _:
            return value
