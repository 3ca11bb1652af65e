"""Programs that a server calls about the other on a walk, and an operator's word by force."""

from __future__ import annotations

from pgx_mirror.core import commands
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.wishes import refusal
from pgx_mirror.core.effects import RunCommand
from pgx_mirror.core.facts import (
    ARBITRATION,
    COMMAND,
    CONF,
    DETACH,
    MARK,
    RUN,
    SWITCH,
    Force,
)
from pgx_mirror.core.known import basics
from pgx_mirror.core.known.fencing import ARBITRATION as ARBITRATES
from pgx_mirror.core.known.fencing import FENCING
from pgx_mirror.core.mark import PAIR, SYNC
from tests.mirror import walk_doing as doing
from tests.mirror.walk import Walk
from tests.mirror.walk_labels import NotAllowed, steps
from tests.mirror.walk_people import crash
from tests.mirror.walk_strikes import struck
from tests.mirror.walk_values import MODEL, OTHER


def ended(walk: Walk, x: str, effect: RunCommand) -> None:
    """A program that *x* has called has come to its end, or has done what it is for."""
    if effect.kind not in (commands.FENCING, commands.ARBITRATION):
        why = "exit status 1" if walk.rng.random() < 0.3 else ""
        walk.hear(x, told.CommandEnded(effect.kind, why))
        return
    if effect.kind == commands.ARBITRATION:
        why = "exit status 1" if walk.fails(0.3) else ""
        walk.hear(x, told.CommandEnded(effect.kind, why))
        return
    side = walk.sides[x]
    forced = side.facts.force is not None  # who is off already is not ended once more
    goes_wrong = not walk.over and walk.rng.random() < 0.25
    if goes_wrong and not side.struck and walk.rng.random() < 0.5:
        walk.hear(x, told.CommandEnded(effect.kind, "exit status 1"))
    elif side.struck or forced:
        side.struck = False
        walk.hear(x, told.CommandEnded(effect.kind))
    elif goes_wrong:
        _ends(walk, x, ", reply lost")
        walk.hear(x, told.CommandEnded(effect.kind, "no answer within 20 s"))
    else:
        _ends(walk, x)
        side.begun[FENCING], side.struck = effect, True


def _ends(walk: Walk, x: str, more: str = "") -> None:
    """The other host is switched off, and on again.  Raises NotAllowed."""
    y = OTHER[x]
    doing.landed(walk, y)
    v = getattr(walk.s, x)
    able = MODEL.put(walk.s, x, v._replace(able=1))
    for label, after in steps(walk.model, able, x):
        if label == f"{x} fences {y}{more}":
            kept = getattr(after, x)._replace(able=v.able)
            walk.go(label, MODEL.put(after, x, kept), by=x)
            walk.begin(y)
            return
    if v.mk in (PAIR, SYNC) and v.ep == walk.sides[x].facts.fencing:
        raise NotAllowed(f"{x} fences {y} and has no permission to")
    _off(walk, y)  # it has left that pair since, and its program goes on


def _off(walk: Walk, y: str) -> None:
    """A host is switched off: its server ends, and its controller knows nothing any more."""
    doing.landed(walk, y)
    for label, after, _ in walk.model.steps(walk.s):
        if label == f"{y} server ends":
            struck(walk, y, label, after)
            break
    crash(walk, y)


def forces(walk: Walk, x: str) -> None:
    """An operator switches the other off, and has this one go on by force."""
    if walk.policy == ARBITRATION or not _is_offered(walk, x):
        return
    _off(walk, OTHER[x])
    side = walk.sides[x]
    walk.now += 6.0
    walk.hear(x, told.Tick())
    wish = SWITCH if side.facts.standby else DETACH
    force = Force(fencing=walk.rng.random() < 0.5)
    if not _is_offered(walk, x) or refusal(side.facts, wish, walk.now, force):
        return
    walk.hear(x, told.Wished(wish, force))
    for _ in range(12):
        for resource in (FENCING, CONF, MARK):
            doing_or_ended(walk, x, resource)
        if not basics.is_in(side.facts, PAIR, SYNC):
            return
        if walk.rng.random() < 0.1:
            break  # mc_ctl is called off
        walk.now += 1.1
        walk.hear(x, told.Tick())
    walk.hear(x, told.Wished(RUN))
    doing_or_ended(walk, x, MARK)


def _is_offered(walk: Walk, x: str) -> bool:
    """Whether an operator who has looked at the other server may say so."""
    y = OTHER[x]
    v, w = getattr(walk.s, x), getattr(walk.s, y)
    off = MODEL.put(walk.s, y, MODEL.down(w)._replace(vol=0))
    able = MODEL.put(off, x, v._replace(able=1))
    return any("operator" in label for label, _ in steps(walk.model, able, x))


def silence(walk: Walk) -> None:
    """Nobody is heard for so long that both may fence; in the next turns somebody may be."""
    if walk.policy != COMMAND:
        return
    walk.now += 7.0
    for x in walk.rng.sample("AB", 2):
        walk.hear(x, told.Tick())
        for _ in range(walk.rng.randrange(4)):
            begun = sorted(set(walk.sides[x].begun) & {FENCING, ARBITRATES, MARK})
            if begun:
                doing_or_ended(walk, x, walk.rng.choice(begun))


def doing_or_ended(walk: Walk, x: str, resource: str) -> None:
    """End what *x* has begun with *resource*."""
    effect = walk.sides[x].begun.get(resource)
    if isinstance(effect, RunCommand):
        del walk.sides[x].begun[resource]
        ended(walk, x, effect)
    elif effect is not None:
        doing.finish(walk, x, resource)
