"""What a core does as steps of the protocol's model.

A step of a core is sound where the model has a step from the same state that leaves the
server as the core has made it.  Where both differ in form it is said here why what the core
does is one of the model's steps all the same (`EQUALS`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, Mark
from tests.mirror.walk_values import MODEL, OTHER, Side

ABLE, SERVER, STARTED, TOLD, NAMES, MET = (
    "ability as it was looked at",
    "the server as it was",
    "the server before it was started by hand",
    "the standby as it was told of",
    "names written in another order",
    "a meeting that was heard of late",
)
EQUALS = {
    ABLE: "whether a standby is able may have changed since the look: the step and that "
    "change touch nothing of each other's, so the step came first",
    SERVER: "the server that armed has ended while its mark was being written: a mark does "
    "not go by the server, so it was written before that",
    STARTED: "the server was down for sure when the mark was begun, and somebody has started "
    "it since: a server does not go by the mark, so the mark came before that",
    TOLD: "the standby was replaced, or promoted by hand, after its word came: arming goes by "
    "the word, so it began before that",
    NAMES: "GIVEN while it armed: the peer's name was written just before the mark; a standby "
    "that gives the pen back: its names were never taken out, it being down; a server that "
    "ended while it armed: the barrier was written just before that; a copy that was made "
    "while names were out: they are set as in any standby's, which the copy did not do",
    MET: "the word that it was heard has come late, and the other has moved since: they met "
    "when it was said, and nothing that the other has done goes by it",
}


@dataclass(frozen=True)
class Found:
    """A step of the model: its label, the state after it, and by which of EQUALS."""

    label: str
    state: Any
    equal: str = ""


class NotAllowed(AssertionError):
    """A core has done what the model does not allow."""


def steps(model: Any, s: Any, x: str) -> Iterator[tuple[str, Any]]:
    """Yield the model's steps that are those of *x*."""
    for label, after, _ in model.steps(s):
        if label.startswith((f"{x} ", f"{OTHER[x]} has ")):
            yield label, after


def with_mark(
    model: Any, s: Any, x: str, mark: Mark, side: Side, *, read: bool = False
) -> Found:
    """Return the model's step of *x* that ends in *mark*.  Raises NotAllowed.

    *side* says how it was when the mark was begun.  *read*: it was the register's word,
    not the peer's, where the model has both.
    """

    def is_it(after: Any) -> bool:
        v = getattr(after, x)
        same = (v.mk, v.ep, str(v.gen)) == (mark.state, mark.epoch, mark.generation)
        if mark.state in (PAIR, GIVEN) and str(v.pg) != mark.peer_generation:
            return False
        keeps = mark.state == GIVEN or (mark.state == ALONE and v.role == "S")
        return same and (not keeps or v.old == mark.pair)

    forced = side.facts.force is not None
    for equal, before in _as_good(s, x, side, mark.state):
        found = [one for one in steps(model, before, x) if is_it(one[1])]
        found = [one for one in found if forced or "operator" not in one[0]]
        by_cell = [one for one in found if "reads that" in one[0]]
        if found:
            label, after = (by_cell if read and by_cell else found)[0]
            return Found(label, _merged(s, before, after, x), equal)
    offered = sorted(label for label, _ in steps(model, s, x))
    what = f"mark {mark.state}({mark.epoch})"
    raise NotAllowed(f"{x}: {what} is none of the model's steps: {'; '.join(offered)}")


def _as_good(s: Any, x: str, side: Side, state: str) -> Iterator[tuple[str, Any]]:
    v, arm = getattr(s, x), side.arm if state == PAIR else None
    yield "", s
    if not v.able and side.able:
        yield ABLE, MODEL.put(s, x, v._replace(able=1))
    if arm is not None and v.arm is None and v.names == 2:
        yield SERVER, MODEL.put(s, x, v._replace(arm=arm, srv=1))
    if v.srv and side.down:
        yield STARTED, MODEL.put(s, x, MODEL.down(v))


_SERVER = ("able", "srv", "eff", "rd", "poi", "inf", "ack", "off", "oc")


def _merged(s: Any, before: Any, after: Any, x: str) -> Any:
    """Return *after*, but what of *before* was not so in *s* as it is in *s*."""
    if before is s:
        return after
    was = getattr(s, x)
    kept = {name: getattr(was, name) for name in _SERVER}
    return MODEL.put(after, x, getattr(after, x)._replace(**kept))


def armed(model: Any, s: Any, x: str, generation: str) -> Found | None:
    """Return the step in which *x* arms for a standby of *generation* that it was told of."""
    y = OTHER[x]
    as_told = getattr(s, y)._replace(role="S", mk="NEW", ep=0, gen=int(generation))
    for label, after in steps(model, MODEL.put(s, y, as_told), x):
        if label.startswith(f"{x} arms:"):
            return Found(label, MODEL.put(s, x, getattr(after, x)), TOLD)
    return None
