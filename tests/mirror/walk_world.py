"""What happens to two cores on a walk: the model's own steps, words that come late, kills."""

from __future__ import annotations

import re

from pgx_mirror.core import events as told
from pgx_mirror.core.facts import SERVER
from pgx_mirror.core.report import UNSURE
from tests.mirror import walk_doing as doing
from tests.mirror import walk_fences as fences
from tests.mirror.walk import Walk
from tests.mirror.walk_people import obeys, people, repair, sets_up_anew, switches
from tests.mirror.walk_strikes import (
    settle,
    shows,
    strikes,
    strikes_between,
)
from tests.mirror.walk_values import OTHER, REGISTER_ID

_OTHERS = re.compile(
    r"^client commits|^[AB] flushes|^[AB] reports its position|^ack reaches|^[AB] checkpointer"
    r"|^register: |^a diverged bearer|^[AB] a walsender of|^[AB] the stopped walsender"
    r"|^[AB] conf becomes durable"
)
_SELDOM = re.compile("^client commits|the stopped walsender")
_CHECKPOINTER = re.compile(r"^[AB] checkpointer")
_PROMOTES = re.compile(r"^[AB] pg_promote takes effect")


_CALM, _STORM = (60, 250), (10, 60)  # turns, from and to


def turn(walk: Walk) -> None:
    """Let something happen: calm, in which pairs form, and storm take turns."""
    if walk.turns == 0:
        walk.calm = not walk.calm
        walk.turns = walk.rng.randint(*(_CALM if walk.calm else _STORM))
        walk.deaf = _deaf(walk)
        walk.checkpointing = _checkpointing(walk)
        if walk.calm:
            repair(walk)
        if walk.rng.random() < 0.7:
            obeys(walk)
        elif walk.rng.random() < 0.3:
            sets_up_anew(walk)
    walk.turns -= 1
    if not walk.over:
        strikes_between(walk)
        if walk.rng.random() < 0.02:
            switches(walk)
        if walk.rng.random() < 0.02:
            fences.forces(walk, walk.rng.choice("AB"))
        if walk.rng.random() < 0.02:
            fences.silence(walk)
    x, dice = walk.rng.choice("AB"), walk.rng.random()
    if not walk.calm and dice < 0.2:
        _trouble(walk, x)
    elif dice < 0.35:
        _happens(walk)
    elif dice < 0.6:
        if (x, "peer") not in walk.deaf:
            _hears(walk, x)
    elif dice < 0.7:
        _looks(walk, x)
    elif dice < 0.75 and walk.s.R is not None:
        if (x, "register") not in walk.deaf:
            _reads(walk, x)
    elif dice < 0.97:
        _ends(walk, x)
    else:
        walk.hear(x, told.Tick())


def _deaf(walk: Walk) -> set[tuple[str, str]]:
    """Return who does not hear whom for a while."""
    chances = {"peer": 0.15 if walk.calm else 0.25, "register": 0.15}
    return {
        (x, who)
        for x in "AB"
        for who, chance in chances.items()
        if walk.rng.random() < chance
    }


def _checkpointing(walk: Walk) -> set[str]:
    """Return whose checkpointer neither reads nor applies names: for several turns of these.

    So it is on slow disks.  An arming then begins before the names that were taken out have
    been read, and its proof of off fails.
    """
    chances = {True: 0.8, False: 0.3}
    return {x for x in "AB" if walk.rng.random() < chances[x in walk.checkpointing]}


def _trouble(walk: Walk, x: str) -> None:
    dice = walk.rng.random()
    if dice < 0.4:
        strikes(walk)
    elif dice < 0.6:
        walk.now += 6.0
        walk.hear(x, told.Tick())
    else:
        people(walk, x)


# --- the model's steps -----------------------------------------------------------------


def _happens(walk: Walk) -> None:
    there = [
        (label, after)
        for label, after, fault in walk.model.steps(walk.s)
        if (
            _OTHERS.match(label)
            and not (fault and walk.calm)
            and not _waits(walk, label)
        )
        or _PROMOTES.match(label)
    ]
    if not there:
        return
    label, after = walk.rng.choice(there)
    if _SELDOM.search(label) and not walk.over and walk.rng.random() < 0.6:
        return  # there is an end to commits, and whoever stands still does so for long
    walk.go(label, after)
    settle(walk)
    if _PROMOTES.match(label):
        _promotion(walk, label[0])


def _waits(walk: Walk, label: str) -> bool:
    """Whether a checkpointer would read or apply the names that is making a checkpoint."""
    reads = _CHECKPOINTER.match(label)
    return bool(reads) and not walk.over and label[0] in walk.checkpointing


def _promotion(walk: Walk, x: str) -> None:
    if SERVER in walk.sides[x].begun:
        doing.promoted(walk, x)
    else:  # its hand was killed with an earlier controller
        shows(walk, x)


# --- what cores learn ------------------------------------------------------------------


def _hears(walk: Walk, x: str) -> None:
    side, said = walk.sides[x], walk.sides[OTHER[x]].reports
    first = max(0, side.heard)
    late = not walk.calm and walk.rng.random() < 0.4
    at = walk.rng.randrange(first, len(said)) if late else len(said) - 1
    side.heard = at
    walk.hear(x, told.Heard(said[at]))


def _looks(walk: Walk, x: str) -> None:
    side = walk.sides[x]
    if side.facts.server == UNSURE and SERVER not in side.begun:
        shows(walk, x)
    if not getattr(walk.s, x).srv:
        side.look = None
    elif side.look is None or walk.rng.random() < 0.3:
        walk.look(x)
        if walk.rng.random() < 0.7:
            _looked(walk, x)
    else:
        _looked(walk, x)


def _looked(walk: Walk, x: str) -> None:
    side = walk.sides[x]
    if side.look is not None and walk.is_up(x):
        (seen, began), side.look = side.look, None
        if getattr(walk.s, x).poi and walk.rng.random() < 0.5:
            walk.hear(x, told.Looked(doing.poisoned(seen), began))
        else:
            walk.hear(x, told.Looked(seen, began))
        _clears(walk, x)


def _clears(walk: Walk, x: str) -> None:
    """A look has shown nobody of the real name: the model's arming goes on only now."""
    v, arming = getattr(walk.s, x), walk.sides[x].facts.arming
    if arming is not None and arming.clear and v.arm is not None and v.arm[0] == -1:
        walk.said(x, "sees a probe commit wait")


def _reads(walk: Walk, x: str) -> None:
    side = walk.sides[x]
    if walk.fails(0.1):
        walk.hear(x, told.RegisterIs(""))
        return
    late, last = walk.rng.random() < 0.2, len(walk.cells) - 1
    side.read = walk.rng.randint(side.read, last) if late else last
    walk.hear(x, told.RegisterIs(REGISTER_ID, walk.cells[side.read]))


def _ends(walk: Walk, x: str) -> None:
    begun = sorted(walk.sides[x].begun)
    if begun:
        fences.doing_or_ended(walk, x, walk.rng.choice(begun))
