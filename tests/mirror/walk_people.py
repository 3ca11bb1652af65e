"""What people do on a walk: faults, kills, an operator's words, and repair."""

from __future__ import annotations

import re

from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.wishes import outcome, refusal
from pgx_mirror.core.facts import DETACH, REST, RUN, STOP, SWITCH
from pgx_mirror.core.known import basics
from pgx_mirror.core.report import UP
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import Status
from tests.mirror import walk_doing as doing
from tests.mirror.walk import Walk
from tests.mirror.walk_strikes import struck
from tests.mirror.walk_values import OTHER, Side


def repair(walk: Walk) -> None:
    """Whatever an operator may put right without a word to the pair is right again."""
    for x in "AB":
        side = walk.sides[x]  # time has passed
        side.facts = side.facts.but(
            not_before=min(side.facts.not_before, walk.now), tried=0
        )
        facts = walk.sides[x].facts
        walk.hear(x, told.DiskIs(""))
        if facts.fault and facts.server == UP:
            walk.hear(x, told.Judged(""))
        if not facts.failover:
            walk.hear(x, told.Enabled(True))
        if facts.wish != RUN or facts.start_failed:
            walk.hear(x, told.Wished(RUN))
        if facts.fault or facts.stays_out or facts.detached:
            doing.landed(walk, x)
            crash(walk, x)  # mc_ctl stop and start
            walk.sides[x].facts = walk.sides[x].facts.but(stays_out=False, detached="")


def people(walk: Walk, x: str) -> None:
    side, dice = walk.sides[x], walk.rng.random()
    if dice < 0.25:
        doing.landed(walk, x)
        crash(walk, x)
    elif dice < 0.45:
        walk.hear(x, told.Judged(walk.rng.choice(("", "", "no answer"))))
    elif dice < 0.55:
        walk.hear(x, told.Enabled(not side.facts.failover))
    elif dice < 0.60:
        walk.hear(x, told.DiskIs(walk.rng.choice(("", "", "EIO"))))
    else:
        _operator(walk, x, side)


def crash(walk: Walk, x: str) -> None:
    for label, after, _ in walk.model.steps(walk.s):
        if label == f"{x} controller crashes and starts":
            walk.go(label, after)
            break
    walk.begin(x)


def switches(walk: Walk) -> None:
    """An operator has the other server take over, where that can be begun."""
    for x in "AB":
        facts = walk.sides[x].facts
        if not facts.standby and refusal(facts, SWITCH, walk.now) is None:
            walk.hear(x, told.Wished(SWITCH))


def _operator(walk: Walk, x: str, side: Side) -> None:
    facts = side.facts
    if facts.wish not in (RUN, REST):
        if outcome(facts, walk.now) is not None:
            walk.hear(x, told.Wished(RUN))
        return
    wish = walk.rng.choice((SWITCH, SWITCH, DETACH, STOP))
    if refusal(facts, wish, walk.now) is None:
        walk.hear(x, told.Wished(wish))


def status(walk: Walk, x: str) -> Status:
    """Return what mc_ctl status says on *x*."""
    facts = walk.sides[x].facts
    return status_of(
        walk.sides[x].reports[-1],
        facts.peer,
        silent=not basics.is_heard(facts, walk.now),
        places=(("A", "a"), ("B", "b")),
    )


def obeys(walk: Walk) -> None:
    """Do what the status names: make a standby of a server that is no primary any more."""
    for x in "AB":
        for reason in status(walk, x).reasons:
            found = re.search(r'"([AB])"', reason.text)
            if "mc_ctl setup" in reason.hint and found:
                set_up(walk, found[1])


def sets_up_anew(walk: Walk) -> None:
    """A standby that is down and not in sync is set up anew, for whatever reason."""
    for x in "AB":
        v = getattr(walk.s, x)
        if v.role == "S" and not v.srv and v.mk in ("NEW", "OUT"):
            set_up(walk, x)


def keeps_the_old_directory(walk: Walk) -> None:
    """The standby is set up into another directory before anybody has copied it."""
    for start in ("B server ends", "setup of B from A, the old directory is kept"):
        for label, after, _ in walk.model.steps(walk.s):
            if label == start:
                struck(walk, "B", label, after)
                break


def set_up(walk: Walk, x: str) -> None:
    """Set *x* up anew from the other server, where that is possible."""
    was = getattr(walk.s, x)
    doing.landed(walk, x)
    start = f"setup of {x} from {OTHER[x]}"
    there = [one for one in walk.model.steps(walk.s) if one[0].startswith(start)]
    if there:
        label, after, _ = walk.rng.choice(there)
        struck(walk, x, label, after)
    elif getattr(walk.s, x) != was:  # what its hands were at is done all the same
        walk.begin(x)
