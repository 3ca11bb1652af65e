"""Two cores in the protocol's model: what happens is the model's, what is done is theirs.

A walk goes from state to state of the model.  PostgreSQL, its clients, the register and all
foes take the model's own steps; whatever a controller does is done by a core, with what it
can know: reports of any age, the cell as it once was, looks that come back late.  Each of
its effects must be a step of the model (`walk_labels`), and the model's invariants hold in
every state.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from pgx_mirror.core import events as told
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.effects import AskForPen, Effect, Lift, ProveOff, WriteMark
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import ARBITRATION, ASKING, COMMAND, MARK, PROOF, Facts
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from pgx_mirror.core.report import UP, Report
from pgx_mirror.core.standby_name import JOINING
from tests.mirror.walk_labels import MET, NotAllowed, steps
from tests.mirror.walk_values import (
    MODEL,
    OTHER,
    Side,
    cell_of,
    first_facts,
    kind,
    resource_of,
    seen_of,
)


class Walk:
    """One walk: the model's state, both servers, the time, and what has happened."""

    def __init__(self, model: Any, rng: Random) -> None:
        self.model, self.rng = model, rng
        self.s = model.init
        self.now = 1000.0
        self.policy = ARBITRATION if self.s.R else model.mode
        self.sides: dict[str, Side] = {}
        self.cells: list[Cell | None] = [cell_of(self.s.R)]
        self.trace: list[str] = []
        self.calm, self.over, self.turns = False, False, 0
        self.deaf: set[tuple[str, str]] = set()
        self.checkpointing: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.equals: Counter[str] = Counter()
        for x in "AB":
            facts = first_facts(x, getattr(self.s, x), self.policy, self.now, 1)
            self.sides[x] = Side(facts)
        for x in "AB":
            self.record(x)

    # --- the model ---------------------------------------------------------------------

    def go(self, label: str, after: Any, by: str = "", equal: str = "") -> None:
        """Take a step; *by*: it is what that server's core has done."""
        self.s = after
        self.trace.append(f"{f'[{by}] ' if by else ''}{label}")
        self.kinds[kind(label)] += 1
        if equal:
            self.equals[equal] += 1
            self.trace.append(f"    ({equal})")
        if cell_of(self.s.R) != self.cells[-1]:
            self.cells.append(cell_of(self.s.R))
        self.model.check(self.s)
        self._check_names()

    def _check_names(self) -> None:
        """Whoever bears the name confirms: it must be who the model says counts."""
        for x in "AB":
            v, y = getattr(self.s, x), OTHER[x]
            w, side = getattr(self.s, y), self.sides[y]
            counts = v.names == 1 and v.mk != ALONE and MODEL.streams(v, w)
            if counts and side.facts.bears == y and not side.by_hand:
                assert self.model.bears(v, w), f"{y} confirms, and is not to be counted"

    def said(self, x: str, start: str) -> None:
        """Take the step of *x* that says something, where the model has it."""
        for label, after in steps(self.model, self.s, x):
            if label.startswith(f"{x} {start}"):
                self.go(label, after, by=x)
                return

    def fails(self, chance: float) -> bool:
        """Whether what may go wrong does: never while all is calm."""
        return not self.calm and self.rng.random() < chance

    # --- the cores ---------------------------------------------------------------------

    def hear(self, x: str, event: Event) -> None:
        """Have the core of *x* step with *event*; what it wants is begun, not done."""
        side = self.sides[x]
        self.now += self.rng.choice((0.0, 0.01, 0.1))
        side.facts, effects = step(side.facts, event, self.now)
        if not isinstance(event, told.Tick | told.Heard | told.Looked):
            self.trace.append(f"    {x} hears {_short(event)}")
        for effect in effects:
            self.trace.append(f"    {x} begins {_short(effect)}")
            side.begun[resource_of(effect)] = effect
            if isinstance(effect, WriteMark) and side.maybe is None:
                v, seen = getattr(self.s, x), side.facts.seen
                side.arm, side.down = v.arm, not v.srv
                side.able = seen is None or not seen.unable
            if isinstance(effect, AskForPen | Lift):
                said_to_register(self, x, effect)
        if isinstance(event, told.Heard) and self.policy == COMMAND:
            self._met(x)
        self._check_marks(x, effects)
        self._give_up(x)
        self.record(x)

    def _check_marks(self, x: str, effects: tuple[Effect, ...]) -> None:
        """Nothing but a stop may be begun while it is not known which mark is durable."""
        side = self.sides[x]
        if side.maybe is not None or isinstance(side.begun.get(MARK), WriteMark):
            for effect in effects:
                kind = type(effect).__name__
                assert kind in ("WriteMark", "StopServer", "Bear", "ProveOff"), effect

    def _give_up(self, x: str) -> None:
        """An arming that the core has given up is given up in the model."""
        v, side = getattr(self.s, x), self.sides[x]
        arming = side.facts.arming
        holds = arming is not None and arming.stage != "proving off"
        if v.arm is not None and v.mk == ALONE and not holds and MARK not in side.begun:
            self.said(x, "gives up arming")
        if side.facts.arming is None and PROOF in side.begun:
            ended = side.begun[PROOF]
            if not isinstance(ended, ProveOff) or self.rng.random() < 0.5:
                self.end_proof(x)

    def end_proof(self, x: str) -> None:
        """The proof's hand has ended without one."""
        side = self.sides[x]
        side.begun.pop(PROOF, None)
        side.waits = False
        self.hear(x, told.ProofFailed("ended"))

    def record(self, x: str) -> None:
        """Keep what the core of *x* says now, and take the model's steps of saying it."""
        side = self.sides[x]
        report = report_of(side.facts, self.now)
        if side.reports and side.reports[-1] == report:
            return
        side.reports.append(report)
        self._meets(x, report)
        if report.have is not None and self._is_asked(x, report):
            self.said(x, "says it has flushed")

    def _is_asked(self, x: str, report: Report) -> bool:
        arming = self.sides[OTHER[x]].facts.arming
        if arming is None or arming.stage != ASKING or report.have is None:
            return False
        return report.have.challenge == arming.challenge

    def _meets(self, x: str, report: Report) -> None:
        """Whoever hears this report knows that it was heard, in this life of its own."""
        y = OTHER[x]
        if y not in self.sides or report.mark is None:
            return
        theirs, mark = self.sides[y].facts, report.mark
        if report.heard != theirs.terms.incarnation or theirs.mark is None:
            return
        if self.policy == COMMAND:
            return  # who may fence has heard it
        if {mark.state, theirs.mark.state} == {PAIR, SYNC}:
            self.said(y, f"meets {x}")

    def _met(self, x: str) -> None:
        """A core that has heard that it was heard may fence, and its own fence is void."""
        y, v, facts = OTHER[x], getattr(self.s, x), self.sides[x].facts
        if facts.mark is None or facts.met != facts.mark.epoch or v.vol == 1:
            return
        if facts.fenced:
            return  # a mark is being written that goes by it
        self.said(x, f"meets {y}")
        if getattr(self.s, x).vol != 1:
            v = getattr(self.s, x)._replace(vol=1)
            self.go(f"{x} meets {y} (late)", MODEL.put(self.s, x, v), x, MET)

    # --- lives -------------------------------------------------------------------------

    def begin(self, x: str) -> None:
        """A controller begins, with what it finds."""
        side, v = self.sides[x], getattr(self.s, x)
        side.lives += 1
        was = side.facts
        facts = first_facts(x, v, self.policy, self.now, side.lives)
        if (
            v.role == "S"
            and was.standby
            and was.mark
            and was.mark.generation == str(v.gen)
        ):
            facts = facts.but(bears=was.bears)
        side.facts = facts.but(failover=was.failover)
        side.begun, side.look, side.maybe, side.waits = {}, None, None, False
        side.struck = False
        self.trace.append(f"    {x} begins a life of its controller")
        self.record(x)

    def is_up(self, x: str) -> bool:
        """Whether the core of *x* takes its server for one that runs."""
        return self.sides[x].facts.server == UP

    def look(self, x: str) -> None:
        """Begin a look at the server of *x*."""
        side = self.sides[x]
        side.look = (seen_of(x, self.s, self.sides, self.now), self.now)

    def tell(self) -> str:
        """Return what has happened, for whoever has to understand a failure."""
        lines = [*self.trace[-60:], MODEL.show(self.s)]
        for x, side in self.sides.items():
            lines.append(f"{x}: {_facts(side.facts)}")
        return "\n".join(lines)


def said_to_register(walk: Walk, x: str, effect: AskForPen | Lift) -> None:
    """A word is on its way to the register, and stays so.  Raises NotAllowed."""
    v = getattr(walk.s, x)
    if isinstance(effect, Lift):
        cell = effect.cell
        if (cell.epoch, cell.state, cell.who) != (v.ep, v.mk, x):
            raise NotAllowed(f"{x} tells the register {cell} and is {v.mk}({v.ep})")
        walk.said(x, "tells the register")
        return
    if effect.epoch != v.ep:
        raise NotAllowed(f"{x} asks for epoch {effect.epoch} and is in {v.ep}")
    under_way = any(m[:3] == ("cas", x, v.ep) for m in walk.s.msgs)
    if under_way or walk.s.R[0] > v.ep:
        return
    able = MODEL.put(walk.s, x, v._replace(able=1))
    for label, after in steps(walk.model, able, x):
        if label.endswith("asks the register"):
            walk.go(label, MODEL.put(after, x, v), by=x)
            return
    raise NotAllowed(f"{x} may not ask the register")


def base(name: str) -> str:
    """Return the name that a standby bears, without what says that it joins."""
    return name.removesuffix(JOINING)


def _short(what: object) -> str:
    if isinstance(what, WriteMark | told.Wrote):
        mark = what.mark
        return f"{type(what).__name__} {mark.state}({mark.epoch}) pair={mark.pair}"
    return repr(what)[:100]


def _facts(facts: Facts) -> str:
    mark = facts.mark
    shown = f"{mark.state}({mark.epoch})" if mark else "no mark"
    return (
        f"{shown} server={facts.server} names={facts.names} bears={facts.bears} "
        f"arming={facts.arming} wish={facts.wish} fault={facts.fault!r} ending={facts.ending!r} "
        f"cell={facts.cell} busy={sorted(facts.busy)} met={facts.met}"
    )


__all__ = ["NotAllowed", "Walk", "base"]
