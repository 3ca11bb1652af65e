"""What mc_ctl and its controller say to each other: one JSON object a line.

mc_ctl says one line, which verb with which options.  It hears `accepted` at once, then as
much `progress` and `warning` as there is, then `done` or `refused`.  Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pgx_base.failure import Failure, Passing

STATUS, AWAIT = "status", "started?"
STOP, SWITCH, DETACH = "stop", "switch", "detach"
ENABLE, DISABLE = "enable-failover", "disable-failover"
BRIEFLY = "briefly"  # of AWAIT: until it is decided whether the instance may run
ALL, MC_ONLY = "all", "mc_only"  # of STOP
FORCE, NO_FENCING, ABANDON = "force", "no_fencing", "abandon_register"
# What changes something: one at a time.  The others are asked by any number at once.
ACTIONS = (STOP, SWITCH, DETACH, ENABLE, DISABLE)
VERBS = (STATUS, AWAIT, *ACTIONS)

LONGEST_QUESTION = 4096  # bytes, with the newline
LONGEST_ANSWER = 1 << 16


class Garbled(Exception):
    """A line that is none of ours."""


@dataclass(frozen=True, slots=True)
class Question:
    """A verb, and those of its options that are given."""

    verb: str
    options: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Accepted:
    """It was heard, by the controller with this PID."""

    pid: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done now."""

    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What a person should know besides."""

    what: Failure


@dataclass(frozen=True, slots=True)
class Done:
    """The last word: it is done, and *found* is what was asked for."""

    found: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The last word: it is refused or has failed, for all these reasons."""

    reasons: tuple[Failure, ...]


Answer = Accepted | Progress | Warned | Done | Refused


def ask(question: Question) -> bytes:
    """Return *question* as its line."""
    return _line({"verb": question.verb, "options": sorted(question.options)})


def asked(line: bytes) -> Question:
    """Return the question in *line*.  Raises Garbled."""
    found = _object(line)
    match found:
        case {"verb": str(verb), "options": list(options)}:
            if verb in VERBS and all(isinstance(o, str) for o in options):
                return Question(verb, frozenset(options))
        case _:
            pass
    raise Garbled("it is no question of this version")


def answer(said: Answer) -> bytes:
    """Return *said* as its line."""
    match said:
        case Accepted(pid):
            return _line({"accepted": pid})
        case Progress(text):
            return _line({"progress": text})
        case Warned(what):
            return _line({"warning": _failure(what)})
        case Done(found):
            return _line({"done": found})
        case Refused(reasons):
            return _line({"refused": [_failure(reason) for reason in reasons]})


def answered(line: bytes) -> Answer:
    """Return the answer in *line*.  Raises Garbled."""
    match _object(line):
        case {"accepted": int(pid)}:
            return Accepted(pid)
        case {"progress": str(text)}:
            return Progress(text)
        case {"warning": dict(what)}:
            return Warned(_read_failure(what))
        case {"done": dict(found)}:
            return Done(found)
        case {"refused": list(reasons)}:
            return Refused(tuple(_read_failures(reasons)))
        case _:
            raise Garbled("it is no answer of this version")


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as ex:
        raise Garbled("it is not JSON") from ex
    if not isinstance(found, dict):
        raise Garbled("it is no object")
    return found


def _failure(what: Failure) -> dict[str, object]:
    told: dict[str, object] = {
        "primary": what.primary,
        "detail": what.detail,
        "hint": what.hint,
        "passing": isinstance(what, Passing),
    }
    return {key: said for key, said in told.items() if said}


def _read_failures(told: Iterable[object]) -> Iterable[Failure]:
    for what in told:
        if not isinstance(what, dict):
            raise Garbled("a reason is expected")
        yield _read_failure(what)


def _read_failure(told: dict[str, Any]) -> Failure:
    primary = told.get("primary")
    parts = [told.get("detail"), told.get("hint")]
    if not isinstance(primary, str) or not all(
        part is None or isinstance(part, str) for part in parts
    ):
        raise Garbled("a reason is expected")
    kind = Passing if told.get("passing") is True else Failure
    return kind(primary, detail=parts[0], hint=parts[1])
