"""A world for two cores: servers, a network and a register that do at once what they are told.

It has no PostgreSQL in it: what commits do is the model's and the real servers' part.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pgx_mirror.core import cell as cells
from pgx_mirror.core import commands
from pgx_mirror.core import effects as do
from pgx_mirror.core import events as told
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.effects import Effect
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import ARBITRATION, PROOF, RELEASING, RUN, Facts, Terms
from pgx_mirror.core.mark import ALONE, NEW, Mark
from pgx_mirror.core.report import DOWN, NAMES_OUT, NAMES_SET, UP
from pgx_mirror.core.seen import Receiver, Seen, Sender
from pgx_mirror.core.standby_name import JOINING

A, B = "server1", "server2"
OTHER = {A: B, B: A}
GENERATION = {A: "a" * 32, B: "b" * 32}
PORT = {A: 4001, B: 4002}
TICK = 0.1


@dataclass
class World:
    """Both cores, what is between them, and the time."""

    policy: str = ARBITRATION
    failover: bool = True
    now: float = 1000.0
    cell: Cell | None = None
    register: str = "r1"
    linked: bool = True
    streams: bool = True
    position: int = 1000
    frozen: set[str] = field(default_factory=set)
    blind: set[str] = field(default_factory=set)  # whose logins are refused
    # Whose disk takes no mark, and how such a write ends; a None never does.
    no_marks: dict[str, Event | None] = field(default_factory=dict)
    # What every program that is called comes to; of None the end is yet to be told.
    command_ends: str | None = ""
    programs: tuple[str, ...] = (commands.FENCING, commands.ARBITRATION)
    done: list[tuple[str, Effect]] = field(default_factory=list)
    facts: dict[str, Facts] = field(default_factory=dict)

    def begin(self) -> World:
        """Begin with a primary that is alone, and a fresh standby."""
        self.cell = Cell(1, cells.ALONE, A)
        for name in (A, B):
            self.start(name, self._first_mark(name), standby=name == B)
        return self

    def _first_mark(self, name: str) -> Mark:
        state, epoch = (ALONE, 1) if name == A else (NEW, 0)
        return Mark(name, GENERATION[name], "77", epoch, state)

    def start(self, name: str, mark: Mark, *, standby: bool) -> None:
        """Begin a life of a controller, whose server is down."""
        life = f"{name}@{self.now}"
        programs = frozenset(self.programs)
        terms = Terms(name, OTHER[name], self.policy, life, commands=programs)
        now = self.now
        self.facts[name] = Facts(
            terms, now, mark, standby=standby, names=NAMES_SET, server=DOWN,
            bears=f"{name}{JOINING}" if standby else "", real_name=OTHER[name],
            sender_at=now, heard_at=now, stream_at=now, wish=RUN, since=now,
            failover=self.failover,
        )  # fmt: skip

    def mark(self, name: str) -> tuple[str, int]:
        """Return state and epoch of its mark."""
        mark = self.facts[name].mark
        assert mark is not None
        return mark.state, mark.epoch

    def hear(self, name: str, event: Event) -> None:
        """Have *name* step with *event*, and do what it wants, at once."""
        self.facts[name], effects = step(self.facts[name], event, self.now)
        for effect in effects:
            self.done.append((name, effect))
            for outcome in self._outcomes(name, effect):
                self.hear(name, outcome)

    def _outcomes(self, name: str, effect: Effect) -> list[Event]:
        facts = self.facts[name]
        match effect:
            case do.WriteMark() if name in self.no_marks:
                ended = self.no_marks[name]
                return [] if ended is None else [ended]
            case do.WriteMark(mark):
                return [told.Wrote(mark)]
            case do.WriteNames(names):
                return [told.NamesAre(names, OTHER[name])]
            case do.Start():
                return [told.ServerIs(UP, facts.standby), told.Started()]
            case do.StopServer():
                checkpoint, self.position = self.position, self.position + 100
                return [
                    told.ServerIs(DOWN, facts.standby),
                    told.Stopped("", 0 if facts.standby else checkpoint),
                ]
            case do.Promote():
                return [told.ServerIs(UP, False), told.Promoted()]
            case do.AskForPen(epoch):
                self.cell = cells.won(self.cell, epoch, name) or self.cell
                return [told.Answered(self.cell)]
            case do.Lift(cell):
                self.cell = cells.lifted(self.cell, cell) or self.cell
                return [told.Answered(self.cell)]
            case do.Bear(borne):
                return [told.Bears(borne)]
            case do.RunCommand(kind):
                ends = self.command_ends
                return [] if ends is None else [told.CommandEnded(kind, ends)]
            case do.ProveOff():
                return [told.ProvedOff()]
            case do.ProveOn():
                return [told.ProvedOn(self.position)]

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            for name in (A, B):
                if name in self.facts and name not in self.frozen:
                    self._turn(name)

    def _turn(self, name: str) -> None:
        facts, other = self.facts[name], OTHER[name]
        if self.register:
            self.hear(name, told.RegisterIs(self.register, self.cell))
        if self.linked and other in self.facts and other not in self.frozen:
            self.hear(name, told.Heard(report_of(self.facts[other], self.now)))
        if facts.server == UP and name not in self.blind:
            self.hear(name, told.Looked(self._seen(name), self.now))
        self._free(name)
        self.hear(name, told.Tick())

    def _free(self, name: str) -> None:
        """A commit that waits is freed by the real name; an arming given up ends it."""
        facts = self.facts[name]
        if PROOF in facts.busy and facts.arming is None:
            self.hear(name, told.ProofFailed("given up"))
        elif facts.arming is None or facts.arming.stage != RELEASING:
            return
        elif facts.names == NAMES_SET:
            self.hear(name, told.Freed(self.position))

    def _seen(self, name: str) -> Seen:
        facts, other = self.facts[name], self.facts[OTHER[name]]
        up = self.streams and other.server == UP and OTHER[name] not in self.frozen
        stamp = f"{self.now}" if up else "old"
        if facts.standby:
            flows = up and not other.standby
            there = Receiver(1, "127.0.0.1", PORT[name], "streaming", 1, stamp)
            return Seen("77", True, received=self.position, timeline=1,
                        receiver=there if flows else None)  # fmt: skip
        names = OTHER[name] if facts.names == NAMES_SET else ""
        senders: tuple[Sender, ...] = ()
        if up and other.standby:
            at = self.position
            senders = (Sender(other.bears, 1, "127.0.0.1", PORT[OTHER[name]], "streaming",
                              "sync", at, at, at, stamp),)  # fmt: skip
        return Seen("77", False, names, "configuration file", wal_senders=10,
                    senders=senders, insert=self.position, flush=self.position,
                    timeline=1, proof_waits=True,
                    probe=self.position if facts.names == NAMES_OUT else 0)  # fmt: skip
