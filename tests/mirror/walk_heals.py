"""The end of a walk: foes and failures are over, people do what the status tells them."""

from __future__ import annotations

from pgx_mirror.core.facts import ARBITRATION, SERVER
from pgx_mirror.core.known import joining
from tests.mirror import walk_world as world
from tests.mirror.walk import Walk
from tests.mirror.walk_people import obeys, repair, status
from tests.mirror.walk_strikes import shows
from tests.mirror.walk_values import MODEL

# How often an operator looks, and how many turns there are between.
ROUNDS, TURNS = 40, 100


class NoWayBack(AssertionError):
    """The pair does not become whole, and the status names nothing to be done."""


def heals(walk: Walk) -> None:
    """See the pair whole again, with what the status names done.  Raises NoWayBack."""
    walk.calm, walk.over, walk.deaf = True, True, set()
    walk.trace.append("--- foes and failures are over")
    for _ in range(ROUNDS):
        repair(walk)
        walk.turns = TURNS + 1
        for _ in range(TURNS):
            world.turn(walk)
            walk.deaf = set()
            if walk.model.whole(walk.s):
                return
        obeys(walk)
        for x in "AB":
            _enables(walk, x)
            _restarts(walk, x)
    if walk.policy != ARBITRATION and _is_told(walk, "commits wait for a data direc"):
        return  # nobody can be asked whether that directory has gone on alone
    if _is_told(walk, "no server is the primary"):
        return  # who had the pen was overwritten
    told = {x: [r.text for r in status(walk, x).reasons] for x in "AB"}
    raise NoWayBack(f"not whole after {ROUNDS * TURNS} turns: {told}")


def _is_told(walk: Walk, text: str) -> bool:
    return any(r.text.startswith(text) for x in "AB" for r in status(walk, x).reasons)


def _enables(walk: Walk, x: str) -> None:
    """A standby can be promoted again, where the status says that it cannot."""
    v = getattr(walk.s, x)
    if not v.able and _is_told(walk, f'server "{x}" could not be promoted'):
        walk.s = MODEL.put(walk.s, x, v._replace(able=1))


def _restarts(walk: Walk, x: str) -> None:
    """A primary's memory is made anew, where that keeps it from having a standby."""
    facts = walk.sides[x].facts
    if "restart" not in joining.hindrance(facts) or SERVER in facts.busy:
        return
    for label, after, _ in walk.model.steps(walk.s):
        if label == f"{x} server ends":
            walk.go(label, after)
            shows(walk, x)
            return
