"""How what a core has begun comes to its end, in the model and for the core."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pgx_mirror.core import events as told
from pgx_mirror.core.effects import (
    AskForPen,
    Bear,
    Effect,
    Lift,
    Promote,
    ProveOff,
    ProveOn,
    Start,
    StopServer,
    WriteMark,
    WriteNames,
)
from pgx_mirror.core.facts import MARK
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, PAIR, Mark
from pgx_mirror.core.report import DOWN, UNSURE, UP
from pgx_mirror.core.seen import Seen, Sender
from tests.mirror import walk_labels as labels
from tests.mirror.walk import Walk
from tests.mirror.walk_labels import NotAllowed, steps, with_mark
from tests.mirror.walk_proofs import off, on, take
from tests.mirror.walk_values import MODEL, NAMES, OTHER, SIZE, cell_of


def finish(walk: Walk, x: str, resource: str) -> None:
    """End what *x* has begun with *resource*, well or not, and tell its core."""
    side = walk.sides[x]
    effect = side.begun.get(resource)
    if effect is None or not _is_ripe(walk, x, effect):
        return
    if not isinstance(effect, ProveOn):
        del side.begun[resource]
    _FINISH[type(effect)](walk, x, effect)


def _is_ripe(walk: Walk, x: str, effect: Effect) -> bool:
    v, side = getattr(walk.s, x), walk.sides[x]
    if isinstance(effect, Promote) and v.off:
        return False  # the model's own step ends it
    if isinstance(effect, ProveOff):
        proved = not v.eff and v.rd is None and not v.names
        # A checkpoint that takes long is not waited for without an end.
        patience = 0.5 if x in walk.checkpointing else 0.1
        return side.facts.arming is None or proved or walk.rng.random() < patience
    return True


# --- the mark --------------------------------------------------------------------------


def _mark(walk: Walk, x: str, effect: WriteMark) -> None:
    side = walk.sides[x]
    if walk.fails(0.06):
        walk.hear(x, told.MarkFailed("no space", unsure=False))
    elif walk.fails(0.06):
        side.maybe = effect.mark if side.maybe is None else side.maybe
        walk.hear(x, told.MarkFailed("fsync failed", unsure=True))
    else:
        side.maybe = None
        durable(walk, x, effect.mark)
        walk.hear(x, told.Wrote(effect.mark))


def durable(walk: Walk, x: str, mark: Mark) -> None:
    """A mark is durable: a step of the model, unless it says what it said before."""
    v = getattr(walk.s, x)
    if (v.mk, v.ep, str(v.gen)) == (mark.state, mark.epoch, mark.generation):
        return
    side, peer = walk.sides[x], basics.peer_mark(walk.sides[x].facts)
    cell = side.facts.cell
    read = cell is not None and cell.epoch == mark.epoch
    told_by_peer = peer is not None and peer.epoch == mark.epoch
    by_cell = read and not told_by_peer
    found = with_mark(walk.model, walk.s, x, mark, side, read=by_cell)
    walk.go(found.label, found.state, by=x, equal=found.equal)


# --- the conf --------------------------------------------------------------------------


def _names(walk: Walk, x: str, effect: WriteNames) -> None:
    failed = walk.fails(0.1)
    if not failed or walk.rng.random() < 0.5:
        written(walk, x, effect.names)
    if failed:  # written or not, nobody knows
        walk.hear(x, told.NamesFailed("cannot tell"))
    else:
        walk.hear(x, told.NamesAre(effect.names, OTHER[x]))


def written(walk: Walk, x: str, names: str, steps: int = 3) -> None:
    """postgresql.conf holds *names*, and is durable; or so many *steps* of that are done."""
    wanted = NAMES.index(names)
    for _ in range(steps):
        v = getattr(walk.s, x)
        if v.names == wanted and v.dn == wanted:
            return
        label, after = _towards(walk, x, wanted)
        walk.go(label, after, by=x)
    if steps < 3:
        return
    raise NotAllowed(f"{x}: names {names} take more than the model's steps")


def _towards(walk: Walk, x: str, wanted: int) -> tuple[str, Any]:
    v = getattr(walk.s, x)
    if v.names == wanted:
        label = f"{x} conf becomes durable"
        return label, MODEL.put(walk.s, x, v._replace(dn=wanted))
    for label, after in steps(walk.model, walk.s, x):
        w = getattr(after, x)
        moved = w.names != v.names and w._replace(
            names=v.names, dn=v.dn, arm=v.arm, off=v.off
        )
        if moved != v._replace(rd=w.rd) or "hand" in label:
            continue
        if w.names == wanted or (wanted == 1 and v.mk == PAIR):
            return label, after
    arming = walk.sides[x].facts.arming
    if wanted == 2 and arming is not None:
        found = labels.armed(walk.model, walk.s, x, arming.generation)
        if found is not None:
            walk.equals[found.equal] += 1
            return found.label, found.state
    return _equal_names(walk, x, wanted)


def _equal_names(walk: Walk, x: str, wanted: int) -> tuple[str, Any]:
    """What the model has in another order: `walk_labels.NAMES`."""
    v = getattr(walk.s, x)
    given = v.mk == GIVEN and wanted == 1
    back = (v.mk, v.role, v.srv, wanted) == (ALONE, "S", 0, 1)
    ended = (v.mk, v.role, v.srv, wanted) == (ALONE, "P", 0, 2)
    copied = v.mk == NEW and wanted == 1
    if not (given or back or ended or copied):
        raise NotAllowed(f"{x}: names from {v.names} to {wanted} under {v.mk}")
    walk.equals[labels.NAMES] += 1
    after = MODEL.put(walk.s, x, v._replace(names=wanted, dn=wanted))
    return f"{x} writes names {wanted} (mark says {v.mk})", after


# --- the server ------------------------------------------------------------------------


def _start(walk: Walk, x: str, _: Start) -> None:
    v, side = getattr(walk.s, x), walk.sides[x]
    # Where nothing makes a standby unable the model has none that gives the pen back.
    takes = v.mk == ALONE and v.role == "S" and "unable" not in walk.model.foes
    if v.srv or (walk.fails(0.05) and not takes):
        walk.hear(x, told.Started("it does not start"))
        return
    side.servers += 1
    side.by_hand = False
    take(walk, x, "server starts")
    if walk.fails(0.1) and not takes:  # late: it goes on, and is found
        walk.hear(x, told.ServerIs(UNSURE, v.role == "S"))
        walk.hear(x, told.Started("it is not ready in time"))
        return
    walk.hear(x, told.ServerIs(UP, v.role == "S"))
    walk.hear(x, told.Judged(""))
    walk.hear(x, told.Started())


_STOPS = (
    "is poisoned: immediate stop",
    "is deposed: immediate stop",
    "was promoted by hand: stopped",
    "server ends",
)


def _stop(walk: Walk, x: str, _: StopServer) -> None:
    v, side = getattr(walk.s, x), walk.sides[x]
    if walk.fails(0.05):
        walk.hear(x, told.ServerIs(UNSURE, v.role == "S"))
        walk.hear(x, told.Stopped("a process that hangs"))
        return
    if v.srv:
        take(walk, x, *_STOPS)
    side.look, side.waits = None, False
    walk.hear(x, told.ServerIs(DOWN, v.role == "S"))
    walk.hear(x, told.Stopped("", len(v.log) * SIZE - 1 if v.log else 0))


def _promote(walk: Walk, x: str, effect: Promote) -> None:
    v = getattr(walk.s, x)
    if v.role == "P":  # somebody was quicker
        promoted(walk, x)
        return
    if not v.srv or walk.fails(0.05):
        walk.hear(x, told.Promoted("no answer"))
        return
    take(walk, x, "calls pg_promote", "promotes")
    if getattr(walk.s, x).off:
        walk.sides[x].begun["server"] = effect
    else:
        promoted(walk, x)


def promoted(walk: Walk, x: str) -> None:
    """pg_promote has ended, as the model has it."""
    v, side = getattr(walk.s, x), walk.sides[x]
    side.begun.pop("server", None)
    side.look = None
    if v.role == "P":
        walk.hear(x, told.ServerIs(UP, False))
        walk.hear(x, told.Promoted())
    else:
        walk.hear(x, told.ServerIs(DOWN, True))
        walk.hear(x, told.Promoted("the server has ended", ended=True))


# --- the register ----------------------------------------------------------------------


def _ask(walk: Walk, x: str, effect: AskForPen) -> None:
    _answered(walk, x, f"register: ALONE({x})")


def _lift(walk: Walk, x: str, effect: Lift) -> None:
    cell = effect.cell
    _answered(walk, x, f"register: {cell.state}({cell.epoch}) told by {x}")


def _answered(walk: Walk, x: str, label: str) -> None:
    """The register's answer: carried out, refused for now, or lost, done or not."""
    lost = walk.fails(0.3)
    if not lost or walk.rng.random() < 0.5:
        for found, after, _ in walk.model.steps(walk.s):
            if found.startswith(label):
                walk.go(found, after)
                break
    side = walk.sides[x]
    if not lost:
        side.read = len(walk.cells) - 1
        walk.hear(x, told.Answered(cell_of(walk.s.R), 0.5 if walk.fails(0.3) else 0.0))
    else:
        walk.hear(x, told.RegisterIs(""))
        walk.hear(x, told.Answered(None))


# --- the name --------------------------------------------------------------------------


def _bear(walk: Walk, x: str, effect: Bear) -> None:
    if walk.fails(0.05):
        walk.hear(x, told.Bears(""))
        return
    if getattr(walk.s, x).srv:
        walk.sides[x].servers += 1  # the walreceiver comes anew, from another port
    walk.sides[x].look = None
    walk.hear(x, told.Bears(effect.name))


_FINISH: dict[type[Effect], Any] = {
    WriteMark: _mark,
    WriteNames: _names,
    Start: _start,
    StopServer: _stop,
    Promote: _promote,
    AskForPen: _ask,
    Lift: _lift,
    ProveOff: off,
    ProveOn: on,
    Bear: _bear,
}


def landed(walk: Walk, x: str) -> None:
    """A controller is killed: what its hands were at is done, or is not."""
    side = walk.sides[x]
    effect = side.begun.get(MARK)
    mark = effect.mark if isinstance(effect, WriteMark) else side.maybe
    if mark is not None and walk.rng.random() < 0.5:
        durable(walk, x, mark)
    conf = side.begun.get("conf")
    if isinstance(conf, WriteNames) and walk.rng.random() < 0.5:
        written(walk, x, conf.names, steps=walk.rng.choice((1, 3)))


def poisoned(seen: Seen) -> Seen:
    """Return what a look shows while the bearer that has poisoned the memory is there."""
    ahead = Sender("x", 998, "h", 998, "streaming", "sync", *(seen.flush + 1,) * 3)
    return replace(seen, senders=(*seen.senders, ahead))
