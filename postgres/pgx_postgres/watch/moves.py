"""The watch as a table: in which state, at which event, it becomes what, says what, and why.

ARCHITECTURE.md prints it, and a property test holds `step` to it: every move that is made
is here, and every row is made.
"""

from __future__ import annotations

from typing import assert_never

from pgx_base.light.dataclasses import dataclass
from pgx_postgres.watch import states
from pgx_postgres.watch.states import UNHEARD, Starting, State, Watching
from pgx_postgres.watch.watched import (
    FAULTED,
    ONLINE,
    Answered,
    Begun,
    Changed,
    Consult,
    Counted,
    CrashRestart,
    Effect,
    Event,
    Failed,
    FaultNow,
    Finish,
    Ignored,
    Inside,
    OthersServed,
    Outside,
    Plain,
    PostmasterGone,
    Publish,
    Ready,
    Recovered,
    Shut,
    Tick,
    Warn,
)

STARTING, DOUBTED, ENDED = "starting", "doubted", "ended"

STATES = {
    STARTING: "the server is not ready, and nothing is asked",
    UNHEARD: "it is asked, and has never answered",
    ONLINE: "it has answered, us or the monitor before, and nothing is counted",
    DOUBTED: "it has answered, and has failed since",
    FAULTED: "final until the next Online",
    ENDED: "there is nothing to watch, and that is no fault",
}
SAME = "same"  # what a state becomes that stays as it is
EVENTS = (
    Ready, Tick, Answered, Failed, Outside, Inside, OthersServed, Ignored, FaultNow,
    PostmasterGone, CrashRestart, Consult, Changed, Shut,
)  # fmt: skip
_NOT_AT_START = tuple(one for one in EVENTS if one not in (Ready, PostmasterGone))

Step = tuple[str, type[Event], str]


@dataclass(frozen=True, slots=True)
class Move:
    """From each state of *before*, at each of *events*, to *after*, which may be SAME.

    *says* are the effects that it may have, besides questions.
    """

    before: tuple[str, ...]
    events: tuple[type[Event], ...]
    after: str
    says: tuple[type[Effect], ...]
    why: str

    def steps(self) -> set[Step]:
        """Return each single step: a state, an event, and the state after it."""
        return {
            (before, event, before if self.after == SAME else self.after)
            for before in self.before
            for event in self.events
        }


_ASKED = (UNHEARD, ONLINE, DOUBTED)
_OURS = (ONLINE, DOUBTED)

MOVES = (
    Move((STARTING,), (Ready,), UNHEARD, (Begun,), "it may be asked"),
    Move((STARTING,), (Ready,), ONLINE, (Begun,), "the same, and it was Online before"),
    Move((STARTING,), (PostmasterGone,), ENDED, (Finish,), "it never came up"),
    Move((STARTING,), (PostmasterGone,), FAULTED, (Publish,), "it was Online before"),
    Move((STARTING,), _NOT_AT_START, SAME, (), "nothing is asked yet"),
    Move((UNHEARD,), (Answered,), ONLINE, (Plain, Recovered, Publish, Warn),
         "a reply shows a live server"),
    Move((UNHEARD,), (Answered,), SAME, (), "`postgres` alone, and not sought"),
    Move((UNHEARD,), (Tick, Failed), SAME, (Counted,), "a failure, or silence; or neither"),
    Move((UNHEARD,), (FaultNow, CrashRestart), SAME, (), "it never was ours to judge"),
    Move((UNHEARD,), (PostmasterGone,), ENDED, (Finish,), "it never came up"),
    Move((ONLINE,), (Answered,), SAME, (Plain, Publish, Warn), "published at the first"),
    Move((ONLINE,), (Tick, Failed), SAME, (), "not due, or counted already"),
    Move((ONLINE,), (Tick, Failed), DOUBTED, (Counted,), "a failure, or silence"),
    Move((DOUBTED,), (Answered,), ONLINE, (Plain, Recovered, Publish, Warn),
         "only failures in a row count"),
    Move((DOUBTED,), (Answered,), SAME, (Publish,), "`postgres`, after a refusal"),
    Move((DOUBTED,), (Tick, Failed), SAME, (Counted,), "one more, or none"),
    Move((DOUBTED,), (OthersServed,), ONLINE, (Warn,), "a crowd, and others are let in"),
    Move(_OURS, (FaultNow, CrashRestart), FAULTED, (Publish,),
         "others stop or start it, or it has crashed"),
    Move(_OURS, (PostmasterGone,), FAULTED, (Publish,), "it has died"),
    Move(_OURS, (PostmasterGone,), ENDED, (Finish,), "Offline ends it"),
    Move(_ASKED, (Tick, Failed), FAULTED, (Publish,), "one more than are tried again"),
    Move(_ASKED, (Shut,), FAULTED, (Publish,), "its start has failed: it lets nobody in"),
    Move(_ASKED, (OthersServed,), SAME, (Warn,), "that is no answer"),
    Move(_ASKED, (Outside, Inside), SAME, (), "it goes on trying; time alone counts"),
    Move(_ASKED, (Ignored,), SAME, (), "Online or Offline works: nothing is counted"),
    Move(_ASKED, (Consult,), SAME, (), "`postgres` is asked too"),
    Move(_ASKED, (Changed,), SAME, (), "other limits: silence is measured anew"),
    Move(_ASKED, (Ready,), SAME, (), "it is asked already"),
    Move((FAULTED, ENDED), EVENTS, SAME, (), "final"),
)  # fmt: skip


def name_of(state: State) -> str:
    """Return what *state* is called in the table."""
    match state:
        case Starting():
            return STARTING
        case Watching(opinion=opinion):
            if not opinion.answered:
                return UNHEARD
            return DOUBTED if opinion.failures else ONLINE
        case states.Faulted():
            return FAULTED
        case states.Ended():
            return ENDED
        case _:
            assert_never(state)


def diagram() -> list[str]:
    """Return the table as lines of text, each state with the moves that begin there."""
    lines = [f"{name:<10}{meaning}" for name, meaning in STATES.items()]
    before: tuple[str, ...] = ()
    for move in MOVES:
        if move.before != before:
            before = move.before
            lines += ["", ", ".join(before)]
        lines.append(_line(move))
    return lines


def _line(move: Move) -> str:
    says = f" [{_names(move.says)}]" if move.says else ""
    return f"  {_events(move):<24} -> {move.after:<8} {move.why}{says}"


def _events(move: Move) -> str:
    if move.events == EVENTS:
        return "anything"
    return "anything else" if move.events == _NOT_AT_START else _names(move.events)


def _names(of: tuple[type, ...]) -> str:
    return ", ".join(one.__name__ for one in of)
