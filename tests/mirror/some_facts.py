"""Facts of any kind, whether they hang together or not: what holds of each of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from pgx_mirror.core import cell as cells
from pgx_mirror.core import facts as facts_
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.facts import ARBITRATION, MESSAGE, Facts, Terms
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import (
    DOWN,
    NAMES_BARRIER,
    NAMES_OUT,
    NAMES_SET,
    STARTING,
    STOPPING,
    UNSURE,
    UP,
    Report,
)
from pgx_mirror.core.seen import Receiver, Seen
from pgx_mirror.core.standby_name import JOINING

NOW = 1000.0
WISHES = (
    facts_.RUN,
    facts_.REST,
    facts_.STOP,
    facts_.STOP_ALL,
    facts_.SWITCH,
    facts_.DETACH,
    facts_.LEAVE,
)
SERVERS = (DOWN, STARTING, UP, STOPPING, UNSURE)
BUSY = (
    facts_.MARK,
    facts_.CONF,
    facts_.SERVER,
    facts_.REGISTER,
    facts_.BEARS,
    facts_.PROOF,
)

epochs = st.integers(0, 5)
generations = st.sampled_from(["ga", "gb", "gc"])
registers = st.sampled_from(["", "r1", "r2"])
policies = st.sampled_from([ARBITRATION, MESSAGE])
ages = st.sampled_from([0.0, 1.0, 5.3, 5.4, 60.0])
words = st.sampled_from(["", "", "why"])


def marks(owner: str) -> st.SearchStrategy[Mark]:
    """Return marks of *owner*, of any state."""
    return st.builds(
        Mark,
        owner=st.just(owner),
        generation=generations,
        system=st.just("77"),
        epoch=epochs,
        state=st.sampled_from([PAIR, ALONE, GIVEN, SYNC, OUT, NEW]),
        pair=epochs,
        peer_generation=generations,
        policy=policies,
        register=registers,
    )


reports = st.builds(
    Report,
    owner=st.just("b"),
    incarnation=st.just("b1"),
    mark=st.none() | marks("b"),
    standby=st.booleans(),
    server=st.sampled_from(SERVERS),
    bears=st.sampled_from(["", "b", "b" + JOINING]),
    granted=st.booleans(),
    joining=generations,
    challenge=st.sampled_from(["", "b1/1"]),
    unable=st.sampled_from([(), ("replay is paused",)]),
    receiver=st.sampled_from([None, ("h", 1)]),
    wish=st.sampled_from(WISHES),
    policy=policies,
    register=registers,
    ending=words,
)

cell_of = st.none() | st.builds(
    Cell, epochs, st.sampled_from([cells.PAIR, cells.ALONE]), st.sampled_from("ab")
)

looks = st.builds(
    Seen,
    system=st.just("77"),
    recovery=st.booleans(),
    names=st.sampled_from(["", "b"]),
    source=st.just("configuration file"),
    wal_senders=st.just(10),
    timeline=st.integers(1, 2),
    receiver=st.sampled_from([None, Receiver(1, "h", 1, "streaming", 1)]),
    received=st.integers(0, 9),
    flush=st.integers(0, 9),
    superuser=st.booleans(),
)


@st.composite
def some_facts(draw: st.DrawFn, *, calm: bool = False) -> Facts:
    """Return facts at NOW, of which no part was made to fit another.

    *calm*: nothing has failed or is at work, and no operator wants anything; a register
    that is reached is mostly the epoch's, and so is its cell.
    """
    terms = Terms("a", "b", draw(policies), "a1")
    flags = {
        name: draw(st.booleans())
        for name in ("standby", "unsure", "names_unsure", "failover", "stays_out")
    }
    texts = {
        name: draw(words)
        for name in ("fault", "disk", "start_failed", "mark_failed", "ending", "left")
    }
    facts = Facts(
        terms,
        mark=draw(marks("a")),
        names=draw(st.sampled_from([NAMES_OUT, NAMES_SET, NAMES_BARRIER])),
        bears=draw(st.sampled_from(["", "a", "a" + JOINING])),
        real_name="b",
        server=draw(st.sampled_from(SERVERS)),
        seen=draw(st.none() | looks),
        peer=draw(st.none() | reports),
        heard_at=NOW - draw(ages),
        stream_at=NOW - draw(ages),
        register=draw(registers),
        cell=draw(cell_of),
        wish=draw(st.sampled_from(WISHES)),
        since=NOW - draw(ages),
        busy=frozenset(draw(st.sets(st.sampled_from(BUSY), max_size=3))),
    )
    facts = replace(facts, **flags, **texts)  # type: ignore[arg-type]
    return _calmed(facts, draw(st.booleans())) if calm else facts


def _calmed(facts: Facts, fits: bool) -> Facts:
    mark, cell = facts.mark, facts.cell
    assert mark is not None
    if fits:
        cell = Cell(mark.epoch, cells.PAIR, _holder(mark))
    state = {PAIR: NAMES_SET, ALONE: NAMES_OUT}.get(mark.state, NAMES_SET)
    server = facts.server if facts.server == UP else DOWN
    return facts.but(
        server=server, names=state, names_unsure=False, unsure=False, busy=frozenset(),
        fault="", disk="", start_failed="", mark_failed="", wish=facts_.RUN, cell=cell,
        register=mark.register or facts.register,
    )  # fmt: skip


def _holder(mark: Mark) -> str:
    """Return who holds the epoch of *mark*: a primary itself, or its peer."""
    return "a" if mark.state in (PAIR, ALONE) else "b"
