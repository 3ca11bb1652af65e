"""How the proofs of an arming come to their end on a walk."""

from __future__ import annotations

from pgx_mirror.core import events as told
from pgx_mirror.core.effects import ProveOff, ProveOn
from pgx_mirror.core.facts import PROOF, RELEASING
from tests.mirror.walk import Walk
from tests.mirror.walk_labels import NotAllowed, steps
from tests.mirror.walk_values import MODEL, OTHER, SIZE


def take(walk: Walk, x: str, *starts: str) -> None:
    """Take the first of the model's steps of *x* that begin so.  Raises NotAllowed."""
    there = dict(steps(walk.model, walk.s, x))
    for start in starts:
        for label, after in there.items():
            if label.startswith(f"{x} {start}"):
                walk.go(label, after, by=x)
                return
    raise NotAllowed(f"{x}: {starts} is none of {sorted(there)}")


def off(walk: Walk, x: str, _: ProveOff) -> None:
    v = getattr(walk.s, x)
    proved = v.srv and not v.eff and v.rd is None and not v.names
    if proved and not walk.fails(0.05):
        walk.hear(x, told.ProvedOff())
    else:
        walk.hear(x, told.ProofFailed("it could not be had"))


def on(walk: Walk, x: str, _: ProveOn) -> None:
    """A probe commit is seen waiting, or returns; then it waits until it is released."""
    v, side = getattr(walk.s, x), walk.sides[x]
    arming = side.facts.arming
    if arming is None or not v.srv:
        walk.end_proof(x)
    elif arming.stage == "proving on":
        if v.eff and not v.poi:
            side.waits = True
            _note_barrier(walk, x)
            walk.hear(x, told.ProvedOn(len(v.log) * SIZE))
        elif walk.rng.random() < 0.1:
            walk.end_proof(x)
    elif not side.waits or (arming.stage == RELEASING and _confirms(walk, x)):
        side.waits = False
        del side.begun[PROOF]
        walk.hear(x, told.Freed(0))


def _note_barrier(walk: Walk, x: str) -> None:
    """The model looks for a walsender of the real name in the same step, the core after it."""
    v = getattr(walk.s, x)
    if v.oc:
        return
    take(walk, x, "sees a probe commit wait")


def _confirms(walk: Walk, x: str) -> bool:
    v, w = getattr(walk.s, x), getattr(walk.s, OTHER[x])
    return bool(v.names == 1 and MODEL.streams(v, w) and walk.model.bears(v, w))
