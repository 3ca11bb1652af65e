"""What mc_ctl status is told besides: silence, lag and the arbiter, from a controller's facts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.conf.network import Endpoint, Member
from pgx_mirror.controller import more
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.facts import MESSAGE, Facts
from pgx_mirror.core.mark import ALONE, GIVEN
from pgx_mirror.core.seen import Receiver, Seen, Sender
from pgx_mirror.core.status import besides
from pgx_mirror.core.status.more import Arbiter, Lag, More, plain, read
from tests.mirror.test_core_wishes import formed, marked
from tests.mirror.world import A, B

LINE = Member("arb", Endpoint("192.0.2.120", 26545))
CELL = Cell(3, "PAIR", "nd1")
NUMBERS = st.none() | st.integers(0, 1 << 62)


def looked(facts: Facts, now: float, **seen: object) -> Facts:
    return facts.but(seen=Seen("7", facts.standby, **seen), seen_at=now)  # type: ignore[arg-type]


def sender(name: str, flush: int, replay: int) -> Sender:
    return Sender(name, 1, "", -1, "streaming", "sync", flush, flush, replay)


def receiver(told: int) -> Receiver:
    return Receiver(1, "", -1, "streaming", 1, told=told)


def test_a_primary_tells_what_the_stream_of_its_standby_has_told() -> None:
    facts, _, now = formed()
    ours = sender(facts.real_name.upper(), 900, 700)
    primary = looked(facts, now, flush=1000, senders=(sender("backup", 1, 1), ours))

    assert more.lag(primary, now) == Lag(B, 100, 300)


def test_a_standby_that_joins_is_found_by_the_name_that_it_bears() -> None:
    facts, _, now = formed()
    assert facts.peer is not None
    alone = marked(facts, ALONE, 4).but(peer=replace(facts.peer, bears="x_joining"))
    primary = looked(alone, now, flush=1000, senders=(sender("x_joining", 900, 700),))

    assert more.lag(primary, now) == Lag(B, 100, 300)


def test_without_a_stream_the_standbys_controller_tells_what_is_flushed() -> None:
    facts, _, now = formed()
    assert facts.peer is not None
    told = facts.but(peer=replace(facts.peer, position=400))
    primary = looked(told, now, flush=1000)
    late = facts.heard_at + facts.terms.limit

    assert more.lag(primary, now) == Lag(B, 600, None)
    assert more.lag(looked(told, late, flush=1000), late) is None
    stream = (sender(facts.real_name, 900, 900),)
    silent = looked(told, late, flush=1000, senders=stream)
    assert more.lag(silent, late) == Lag(B, 100, 100)


@pytest.mark.parametrize(
    ("stream", "controller", "want"),
    [
        (1000, 800, Lag(B, 100, 300)),
        (950, 1000, Lag(B, 100, 300)),
        (None, 1000, Lag(B, 100, 300)),
        (None, 0, None),
    ],
)
def test_a_standby_believes_the_later_word(
    stream: int | None, controller: int, want: Lag | None
) -> None:
    _, facts, now = formed()
    assert facts.peer is not None
    told = facts.but(peer=replace(facts.peer, position=controller))
    end = receiver(stream) if stream is not None else None
    standby = looked(told, now, receiver=end, received=900, replayed=700)

    assert more.lag(standby, now) == want


def test_what_is_replayed_is_flushed() -> None:
    """A stream that has just begun starts before what is there already."""
    _, facts, now = formed()
    standby = looked(facts, now, receiver=receiver(1000), received=600, replayed=900)

    assert more.lag(standby, now) == Lag(B, 100, 100)


@pytest.mark.parametrize(
    ("lag", "want"),
    [
        (None, "lag: not known"),
        (
            Lag("s", 0, 1),
            'lag: server "s": 0 bytes to be flushed, 1 byte to be replayed',
        ),
        (
            Lag("s", 4096),
            'lag: server "s": 4096 bytes to be flushed, unknown to be replayed',
        ),
    ],
)
def test_the_lag_in_words(lag: Lag | None, want: str) -> None:
    assert besides.lag_line(More(lag=lag)) == want


def test_nothing_is_told_of_a_look_that_is_old_or_of_nobodys_standby() -> None:
    facts, _, now = formed()
    stream = (sender(facts.real_name, 900, 700),)
    primary = looked(facts, now, flush=1000, senders=stream)
    old = now + facts.terms.limit

    assert more.lag(primary, old - 0.001) is not None
    assert more.lag(primary, old) is None
    assert more.lag(facts.but(seen=None), now) is None
    assert more.lag(marked(primary, GIVEN, 4), now) is None
    unheard = looked(facts.but(peer=None), now, flush=1000)
    assert more.lag(unheard, now) is None
    starting = looked(facts, now, flush=1000, senders=(sender(facts.real_name, 0, 0),))
    assert more.lag(starting, now) is None


def test_the_arbiter_is_what_both_servers_know_of_it() -> None:
    primary, standby, now = formed()
    assert standby.peer is not None and primary.mark is not None
    found = more.of(primary, LINE, now).arbiter

    both = ((A, True), (B, True))
    assert found == Arbiter(
        "arb",
        "192.0.2.120",
        primary.register,
        primary.mark.register,
        primary.cell,
        both,
    )
    assert found.identity and found.identity == found.enrolled and found.cell
    away = more.of(primary.but(register=""), LINE, now).arbiter
    assert away is not None
    assert (away.identity, away.cell) == ("", None)
    assert away.answers == ((A, False), (B, True))
    left = more.of(marked(primary, ALONE, 4), LINE, now).arbiter
    assert left is not None and left.enrolled == ""  # its mark means none
    late = standby.heard_at + standby.terms.limit
    alone = more.of(standby, LINE, late).arbiter
    assert alone is not None and alone.answers == ((B, True),)


def test_where_nobody_asks_one_there_is_none() -> None:
    primary, _, now = formed()
    without, _, later = formed(MESSAGE)

    assert more.of(primary, None, now).arbiter is None
    assert more.of(without, LINE, later).arbiter is None


def test_the_silence_is_counted_from_the_last_word() -> None:
    primary, _, _ = formed()

    assert more.of(primary, None, primary.heard_at + 2.5).silence == 2.5
    assert more.of(primary.but(peer=None), None, 9.0).silence is None


@given(
    st.builds(
        More,
        st.none() | st.floats(0, 1e6),
        st.none() | st.builds(Lag, st.text(), NUMBERS, NUMBERS),
        st.none()
        | st.builds(
            Arbiter,
            *[st.text()] * 4,
            st.none() | st.just(CELL),
            st.lists(st.tuples(st.text(), st.booleans())).map(tuple),
        ),
    )
)
def test_what_the_controller_hands_over_is_what_is_read(told: More) -> None:
    assert read(json.loads(json.dumps(plain(told)))) == told
