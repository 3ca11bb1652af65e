"""A state of the protocol's model as two cores see it: marks, the cell, looks.

The model's commits are letters; here each is ten bytes of WAL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pgx_mirror.core import commands
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.effects import (
    AskForPen,
    Bear,
    Effect,
    Lift,
    Promote,
    ProveOff,
    ProveOn,
    RunCommand,
    Start,
    StopServer,
    WriteMark,
    WriteNames,
)
from pgx_mirror.core.facts import (
    ARBITRATION,
    BEARS,
    COMMAND,
    CONF,
    MARK,
    PROOF,
    REGISTER,
    SERVER,
    Facts,
    Terms,
)
from pgx_mirror.core.mark import PAIR, SYNC, Mark
from pgx_mirror.core.report import (
    DOWN,
    NAMES_BARRIER,
    NAMES_OUT,
    NAMES_SET,
    UP,
    Report,
)
from pgx_mirror.core.seen import Receiver, Seen, Sender
from pgx_mirror.core.standby_name import BARRIER, JOINING
from tests.mirror import model as written

MODEL: Any = written  # it has no types
OTHER = {"A": "B", "B": "A"}
SYSTEM, REGISTER_ID = "77", "r"
NAMES = (NAMES_OUT, NAMES_SET, NAMES_BARRIER)
SIZE = 10  # bytes of WAL of a commit

# Programs of which the model knows nothing: with them each step is one of its own too.
_TOLD = (commands.PRE_DETACH, commands.POST_ATTACH, commands.POST_SWITCH)

COMMITS = 60  # that clients may make in one walk
if len(MODEL.IDS) < COMMITS:
    MODEL.IDS += "".join(chr(number) for number in range(0x4E00, 0x4E00 + COMMITS))

RESOURCES: dict[type[Effect], str] = {
    WriteMark: MARK,
    WriteNames: CONF,
    Start: SERVER,
    StopServer: SERVER,
    Promote: SERVER,
    AskForPen: REGISTER,
    Lift: REGISTER,
    Bear: BEARS,
    ProveOff: PROOF,
    ProveOn: PROOF,
}


@dataclass
class Side:
    """One server: what its controller knows, has begun, has said, and what its server shows.

    facts     the core's
    begun     effects whose outcome has not been told
    reports   all that it has ever said; heard: how far the other has got with the other's
    read      which of the register's cells it has read last
    look      a look that has begun and has not come back
    lives     how many controllers it has had, servers: how often its server was started
    by_hand   its server was started, or promoted, by hand
    waits     the commit of an arming's proof waits
    maybe     a mark that may be durable though its write has failed
    arm       the model's arming when a mark was begun, down: its server was down then,
              able: it was seen to be able then
    struck    its fencing_command has ended the other, and has not told so yet
    """

    facts: Facts
    begun: dict[str, Effect] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    heard: int = -1
    read: int = 0
    look: tuple[Seen, float] | None = None
    lives: int = 1
    servers: int = 1
    by_hand: bool = False
    waits: bool = False
    maybe: Mark | None = None
    arm: Any = None
    down: bool = False
    able: bool = True
    struck: bool = False


def resource_of(effect: Effect) -> str:
    """Return what *effect* is begun with."""
    if isinstance(effect, RunCommand):
        return commands.resource(effect.kind)
    return RESOURCES[type(effect)]


def mark_of(x: str, v: Any, policy: str) -> Mark:
    """Return the mark that the model's server *v* has."""
    pairs = v.mk in (PAIR, SYNC)
    return Mark(
        owner=x,
        generation=str(v.gen),
        system=SYSTEM,
        epoch=v.ep,
        state=v.mk,
        pair=v.old,
        peer_generation=str(v.pg) if v.mk in ("PAIR", "GIVEN") else "",
        policy=policy if pairs else "",
        register=REGISTER_ID if pairs and policy == ARBITRATION else "",
        timeline=1,
    )


def kind(label: str) -> str:
    """Return of which kind a step of the model is: without who, which commit, and when."""
    plain = re.sub(r"\b(commits|flushes) \w\b", r"\1 *", label)
    plain = re.sub(r"\bhas (flushed \w+|\w+(?=: mark PAIR))", _has_all, plain)
    plain = re.sub(r", (a late word|read before)$", ", late", plain)
    return re.sub(r"\b([AB]|\d+)\b", "*", plain)


def _has_all(found: re.Match[str]) -> str:
    return "has flushed *" if found[1].startswith("flushed") else "has *"


def cell_of(r: Any) -> Cell | None:
    """Return the register's cell."""
    return None if r is None else Cell(r[0], r[1], r[2])


def first_facts(x: str, v: Any, policy: str, now: float, life: int) -> Facts:
    """Return what a controller finds when it begins; each second life tells programs of it."""
    both = frozenset((commands.FENCING, commands.ARBITRATION))
    programs = both if policy == COMMAND else frozenset()
    programs |= frozenset(_TOLD) if life % 2 else frozenset()
    terms = Terms(x, OTHER[x], policy, f"{x}{life}", commands=programs)
    standby = v.role == "S"
    joined = standby and v.mk == SYNC
    return Facts(
        terms, now, mark_of(x, v, policy), standby=standby, names=NAMES[v.names],
        bears=(x if joined else x + JOINING) if standby else "", real_name=OTHER[x],
        server=UP if v.srv else DOWN, names_unsure=True, sender_at=now, heard_at=now, stream_at=now,
        wish="run", since=now, failover=True,
    )  # fmt: skip


def seen_of(x: str, s: Any, sides: dict[str, Side], now: float) -> Seen:
    """Return what a look at the server of *x* shows in the model's state *s*."""
    y = OTHER[x]
    v, w = getattr(s, x), getattr(s, y)
    there = len(v.log) * SIZE
    if v.role == "S":
        receiver = None
        if MODEL.streams(w, v):
            receiver = Receiver(1, "h", sides[x].servers, "streaming", 1, str(now))
        unable = () if v.able else ("it is not able",)
        return Seen(SYSTEM, True, received=there, timeline=1, receiver=receiver,
                    unable=unable, bears=sides[x].facts.bears)  # fmt: skip
    names = ("", y, BARRIER)[v.names]
    return Seen(SYSTEM, False, names, "configuration file", wal_senders=10,
                senders=_senders(x, s, sides, now), insert=there, flush=there, timeline=1,
                proof_waits=sides[x].waits, probe=0 if v.eff else there)  # fmt: skip


def _senders(x: str, s: Any, sides: dict[str, Side], now: float) -> tuple[Sender, ...]:
    y = OTHER[x]
    v, w = getattr(s, x), getattr(s, y)
    found = []
    if MODEL.streams(v, w):
        name, at, port = sides[y].facts.bears, len(w.log) * SIZE, sides[y].servers
        row = Sender(
            name, port, "h", port, "streaming", "sync", at, at, at, f"{now}{at}"
        )
        found.append(row)
    if v.oc:  # a walsender that stands still
        found.append(Sender(y, 999, "h", 999, "streaming", "sync", 0, 0, 0))
    return tuple(found)
