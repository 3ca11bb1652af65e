"""How is an instance stopped, and when does patience with it end?

This module decides and does nothing else.  The shell looks at the processes, asks
`step` what to do next, does it, and looks again:

    NOTHING --SendFast--> FAST --SendImmediate--> IMMEDIATE --Kill--> KILLED
       \\________________SendImmediate__^                      ^
        \\_________________________Kill________________________|

While it is FAST, `core.patience` says who has held it up for too long, and what is ended
alone before the whole instance is.  There is no way back up.  Done is said only when
nothing is left, and GiveUp only when waiting on cannot help or the time is over.  Times
are seconds since the stop began.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass, replace
from pgx_postgres.running.core.patience import (
    EndAlone,
    Holder,
    Impatient,
    Patience,
    judge,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

Mode: TypeAlias = "Literal['fast', 'immediate']"
Rung: TypeAlias = "Literal['nothing', 'fast', 'immediate', 'killed']"

STUCK_MAY_TAKE = 30.0  # what cannot make a step at all, after a fast request
IMMEDIATE_MAY_TAKE = 10.0  # PostgreSQL kills its own children after 5
ORPHANS_MAY_TAKE = 1.0  # what is left of an instance whose postmaster is gone
HOPELESS_AFTER = 30.0  # SIGKILLed, and all of it in state D
# A commit on a frozen file system has hung since before the stop began, and draws more
# in with it: what shows for so long need not be shown anew from the SIGKILL on.
HOPELESS_IN_ALL, HOPELESS_KILLED = 45.0, 10.0
# Between two looks, in seconds: often at first, and never for more than their share of a
# processor, whatever a look costs; RMS's other scripts need it.
LOOK_FIRST, LOOK_LATER, LOOK_RARELY = 1.0, 5.0, 15.0
LOOK_MORE, LOOKS_TAKE = 1.25, 0.004
_STOPPED = frozenset("Tt")


@dataclass(frozen=True, slots=True)
class Terms:
    """What one stop has to keep to: the *mode* asked for and the seconds it has in all."""

    mode: Mode
    budget: float
    patience: Patience = Patience()

    @property
    def fast_until(self) -> float:
        """At most half of the time is spent on a fast stop."""
        return self.budget / 2


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the processes has found.

    `postmasters`: the state letters of living postmasters; `stopped_for`: for how long one
    of them has been stopped; `mute`: the log that one of them
    writes to hangs; `denied`: how many of them we may not signal.  `left`: how many
    processes of the instance live, postmasters too.  `unkilled`: how many of them were not
    sent SIGKILL and can be.  `hung_for`: for how long each one that is left has been in
    state D (or cannot be signalled), 0 as soon as one is not; `longest`: the one of them
    that has been so for the longest time.  `stuck_for`: for how long some process has been
    in state D without making a step.
    `holders`: whom a fast stop may wait for; `quiet_for`: for how long nothing has moved.
    `checkpointer_idle`: there is no checkpoint that anybody could wait for.
    """

    postmasters: str = ""
    stopped_for: float = 0.0
    mute: bool = False
    denied: int = 0
    left: int = 0
    unkilled: int = 0
    hung_for: float = 0.0
    longest: float = 0.0
    stuck_for: float = 0.0
    holders: tuple[Holder, ...] = ()
    quiet_for: float = 0.0
    checkpointer_idle: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """How far down a stop has come, and since when; `orphaned`: no postmaster since."""

    rung: Rung = "nothing"
    since: float = 0.0
    orphaned: float | None = None


@dataclass(frozen=True, slots=True)
class SendFast:
    """Request a fast shutdown of every postmaster."""


@dataclass(frozen=True, slots=True)
class SendImmediate:
    """Request an immediate shutdown of every postmaster; *because* in words."""

    because: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Send SIGKILL to everything that is left; *because* in words."""

    because: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at *until*, and when a process ends."""

    until: float


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Something is left and stays; *because* in words."""

    because: str


Step: TypeAlias = SendFast | SendImmediate | EndAlone | Kill | Wait | Done | GiveUp


def step(terms: Terms, ladder: Ladder, look: Look, now: float) -> tuple[Ladder, Step]:
    """Return what to do at *now*, and how far down the ladder that is."""
    ladder = _with_orphans(ladder, look, now)
    todo = _next(terms, ladder, look, now)
    match todo:
        case SendFast():
            return replace(ladder, rung="fast", since=now), todo
        case SendImmediate():
            return replace(ladder, rung="immediate", since=now), todo
        case Kill() if ladder.rung != "killed":
            return replace(ladder, rung="killed", since=now), todo
        case EndAlone() | Kill() | Wait() | Done() | GiveUp():
            return ladder, todo


def _with_orphans(ladder: Ladder, look: Look, now: float) -> Ladder:
    if look.postmasters:
        return replace(ladder, orphaned=None)
    return ladder if ladder.orphaned is not None else replace(ladder, orphaned=now)


def _next(terms: Terms, ladder: Ladder, look: Look, now: float) -> Step:
    if not look.left:
        return Done()
    if look.denied and look.denied == len(look.postmasters):
        return GiveUp("the postmaster may not be signalled")
    if ladder.rung == "killed":
        return _after_kill(terms, ladder, look, now)
    if now >= terms.budget:
        return Kill("the time is over")
    if not look.postmasters:
        return _orphans(terms, ladder, now)
    if _STOPPED.intersection(look.postmasters):
        return _stopped(terms, ladder, look, now)
    if look.mute:
        return Kill("its log does not answer, and it would hang over saying anything")
    return _request(terms, ladder, look, now)


def _stopped(terms: Terms, ladder: Ladder, look: Look, now: float) -> Step:
    """It can handle no request, and SIGCONT would let it fork its whole backlog.

    A debugger may have stopped it for a moment.
    """
    latest = terms.budget if ladder.rung == "immediate" else terms.fast_until
    until = min(now + terms.patience.stopped - look.stopped_for, latest)
    return Wait(until) if now < until else Kill("the postmaster is stopped")


def _orphans(terms: Terms, ladder: Ladder, now: float) -> Step:
    """Most notice at once that their postmaster is gone; the logger empties its pipe."""
    assert ladder.orphaned is not None
    half = (terms.budget - ladder.orphaned) / 2
    until = ladder.orphaned + min(ORPHANS_MAY_TAKE, half)
    return Kill("the postmaster is gone") if now >= until else Wait(until)


def _request(terms: Terms, ladder: Ladder, look: Look, now: float) -> Step:
    match ladder.rung:
        case "nothing" if terms.mode == "fast":
            return SendFast()
        case "nothing":
            return SendImmediate("that is the mode asked for")
        case "fast":
            return _while_fast(terms, ladder, look, now)
        case "immediate" | "killed":
            until = _immediate_until(terms, ladder)
            return (
                Kill("the immediate stop takes too long")
                if now >= until
                else Wait(until)
            )


def _immediate_until(terms: Terms, ladder: Ladder) -> float:
    """In a short time half of the rest is kept for the end of what is killed."""
    half = (terms.budget - ladder.since) / 2
    return ladder.since + min(IMMEDIATE_MAY_TAKE, half)


def _while_fast(terms: Terms, ladder: Ladder, look: Look, now: float) -> Step:
    if now >= terms.fast_until:
        return SendImmediate("half of the time is over")
    waited, still = now - ladder.since, terms.patience.still
    todo = judge(
        terms.patience,
        look.holders,
        waited=waited,
        quiet_for=look.quiet_for,
        checkpointer_idle=look.checkpointer_idle,
    )
    if isinstance(todo, Impatient):
        return SendImmediate(todo.because)
    if todo is not None:
        return todo
    if look.stuck_for >= STUCK_MAY_TAKE and waited >= STUCK_MAY_TAKE:
        return SendImmediate(f"a process hangs for {STUCK_MAY_TAKE:.0f} s")
    until = ladder.since + still if waited < still else terms.fast_until
    return Wait(min(until, terms.fast_until))


def _after_kill(terms: Terms, ladder: Ladder, look: Look, now: float) -> Step:
    if now >= terms.budget:
        return GiveUp("the time is over")
    if look.unkilled:
        return Kill("a process was found after the others were killed")
    if _is_hopeless(now - ladder.since, look):
        return GiveUp("all that is left was killed and hangs in the kernel")
    return Wait(terms.budget)


def _is_hopeless(killed_for: float, look: Look) -> bool:
    for_all = min(killed_for, look.hung_for)
    if for_all >= HOPELESS_AFTER:
        return True
    return for_all >= HOPELESS_KILLED and look.longest >= HOPELESS_IN_ALL


def until_next_look(looks: int, cost: float) -> float:
    """Return the seconds from one look to the next, after *looks* of them in this rung.

    *cost* is the processor time of the last one, in seconds.
    """
    rarer = min(LOOK_FIRST * LOOK_MORE**looks, LOOK_LATER)
    return min(max(rarer, cost / LOOKS_TAKE), LOOK_RARELY)
