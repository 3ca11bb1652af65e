"""Steps of the model that are a server's, and that its own controller has not begun."""

from __future__ import annotations

import re
from typing import Any

from pgx_mirror.core import events as told
from pgx_mirror.core.effects import Promote
from pgx_mirror.core.facts import CONF, MARK, PROOF, SERVER
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import DOWN, UP
from pgx_mirror.core.standby_name import JOINING
from tests.mirror import walk_doing as doing
from tests.mirror.walk import Walk
from tests.mirror.walk_values import Side

_SERVERS = re.compile(
    r"^[AB] (server (ends|starts)|promoted by hand|OS crashes|can no more be promoted"
    r"|directory is copied|(copy|other directory) is put|is rewound)|^setup of [AB]"
    r"|^old backup restored on"
)
_NEW_LIFE = (
    "OS crashes",
    "setup",
    "is rewound",
    "backup",
    "put in its place",
    "is copied",
)


# What is to come when it does most harm, and seldom would.
_TAKES_OVER = re.compile(
    r"^[AB] (server ends|promoted by hand|can no more be promoted|OS crashes)"
)
_CRASHES = re.compile(r"^[AB] OS crashes")
_RARE = ("can no more be promoted", "the old directory is kept")


def strikes(walk: Walk) -> None:
    """A step of a server that its own controller has not begun."""
    _strikes(walk, _SERVERS)


def strikes_between(walk: Walk) -> None:
    """A standby between its mark and its promotion, a conf renamed and not yet durable."""
    for x in "AB":
        v, side = getattr(walk.s, x), walk.sides[x]
        if (v.role, v.mk) == ("S", ALONE) and walk.rng.random() < 0.2:
            _strikes(walk, _TAKES_OVER, x)
        if CONF in side.begun and walk.rng.random() < 0.05:
            _strikes(walk, _CRASHES, x)


def _strikes(walk: Walk, which: re.Pattern[str], whom: str = "AB") -> None:
    there = []
    for label, after, _ in walk.model.steps(walk.s):
        x = _whose(label) if which.match(label) else ""
        side = walk.sides.get(x) if x in whom else None
        if side is not None and _may_strike(label, side):
            there.append((x, label, after))
    if not there:
        return
    rare = [one for one in there if one[1].endswith(_RARE)]
    there = rare if rare and walk.rng.random() < 0.6 else there
    kinds = sorted({label.split(" ", 1)[1][:12] for _, label, _ in there})
    kind = walk.rng.choice(kinds)
    chosen = [one for one in there if one[1].split(" ", 1)[1][:12] == kind]
    x, label, after = walk.rng.choice(chosen)
    if "server starts" in label and not _may_start_by_hand(walk, x):
        return
    struck(walk, x, label, after)


def _may_strike(label: str, side: Side) -> bool:
    """What a hand is at is done first, but whoever promotes may come between."""
    at = {MARK, SERVER} & set(side.begun)
    promotes = at == {SERVER} and isinstance(side.begun[SERVER], Promote)
    return not at or (promotes and "promoted by hand" in label)


def _whose(label: str) -> str:
    found = re.search(r"\b([AB])\b", label)
    assert found is not None
    return found[1]


def _may_start_by_hand(walk: Walk, x: str) -> bool:
    """A standby that bears the name by hand is not claimed (model: copy-by-hand)."""
    return bool(getattr(walk.s, x).role == "P")


def struck(walk: Walk, x: str, label: str, after: Any) -> None:
    """Take that step, and let the core of *x* see what is left."""
    side = walk.sides[x]
    new_life = any(word in label for word in _NEW_LIFE)
    if new_life:
        was = getattr(walk.s, x)
        doing.landed(walk, x)
        if getattr(walk.s, x) != was:
            walk.begin(x)
            again = [
                one for one in walk.model.steps(walk.s) if one[0].startswith(label)
            ]
            if not again:
                return
            label, after, _ = again[0]
    generation = getattr(walk.s, x).gen
    walk.go(label, after)
    settle(walk)
    side.look = None
    if new_life:
        if getattr(walk.s, x).gen != generation or "put in" in label:
            side.facts = side.facts.but(bears=x + JOINING)
        walk.begin(x)
        return
    side.servers += "starts" in label
    side.by_hand = "by hand" in label or side.by_hand
    shows(walk, x, fault="ends" in label and walk.rng.random() < 0.7)


def shows(walk: Walk, x: str, *, fault: bool = False) -> None:
    """The core of *x* sees what its server is."""
    v, side = getattr(walk.s, x), walk.sides[x]
    if fault:
        walk.hear(x, told.Judged("it has ended"))
    walk.hear(x, told.ServerIs(UP if v.srv else DOWN, v.role == "S"))
    if not v.srv and PROOF in side.begun:
        walk.end_proof(x)


def settle(walk: Walk) -> None:
    """The commit of a proof waits only while commits wait."""
    for x in "AB":
        v, side = getattr(walk.s, x), walk.sides[x]
        side.waits = side.waits and bool(v.srv and v.eff and not v.poi)
