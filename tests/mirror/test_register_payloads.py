"""What goes over the wire is what was meant, and anything else is Garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.core.mark import STATES
from pgx_mirror.register import payloads
from pgx_mirror.register.core.words import (
    ROLES,
    WORDS,
    Beat,
    Enrol,
    Lift,
    Read,
    Reply,
    Request,
    Win,
)
from pgx_mirror.register.payloads import LONGEST_SILENCE, Answered
from pgx_mirror.wire.refused import Garbage
from pgx_mirror.wire.words import pack, unpack

_EPOCH, _NUMBER = st.integers(0, 2**63), st.integers(1, 2**40)
_TEXT = st.text("abcdef0123456789._-", max_size=64)
_LIMIT = st.floats(0.001, LONGEST_SILENCE)
REQUESTS = st.one_of(
    st.builds(Beat, st.sampled_from(ROLES), st.integers(0, 2**64).map(str), _LIMIT),
    st.just(Read()),
    st.builds(Win, _EPOCH, _TEXT),
    st.builds(Lift, _EPOCH, st.sampled_from([PAIR, ALONE])),
    st.builds(Enrol, _EPOCH, st.sampled_from(STATES)),
)
_CELLS = st.builds(Cell, _EPOCH, st.sampled_from([PAIR, ALONE]), _TEXT)
REPLIES = st.builds(
    Reply, st.sampled_from(WORDS), st.none() | _CELLS, st.floats(0, 1e7)
)


@given(_NUMBER, REQUESTS)
def test_a_request_is_read_as_it_was_made(number: int, request: Request) -> None:
    assert payloads.read_asked(payloads.asked(number, request)) == (number, request)


@given(_NUMBER, _TEXT.filter(bool), REPLIES)
def test_an_answer_is_read_as_it_was_made(
    number: int, identity: str, reply: Reply
) -> None:
    payload = payloads.answered(number, identity, reply)
    assert payloads.read_answered(payload) == Answered(number, identity, reply)


@given(st.binary(max_size=200))
def test_noise_is_garbage(noise: bytes) -> None:
    for read in (payloads.read_asked, payloads.read_answered):
        with pytest.raises(Garbage):
            read(noise)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": True},
        {"number": "1"},
        {"ask": "steal"},
        {"ask": ["win"]},
        {"ask": None},
        {"of": None},
        {"of": {"epoch": 1}},
        {"of": {"epoch": -1, "register": ""}},
        {"of": {"epoch": 1.0, "register": ""}},
        {"of": {"epoch": True, "register": ""}},
        {"of": {"epoch": 1, "register": "", "who": "server2"}},
        {"ask": "lift", "of": {"epoch": 1, "state": "SYNC"}},
        {"ask": "enrol", "of": {"epoch": 1, "state": "SOON"}},
        {"ask": "beat", "of": {"role": "boss", "system": "7", "limit": 1.0}},
        {"ask": "beat", "of": {"role": "primary", "system": "7", "limit": 0.0}},
        {"ask": "beat", "of": {"role": "primary", "system": "7", "limit": 1e300}},
        {"ask": "beat", "of": {"role": "primary", "system": "7\n8", "limit": 1.0}},
        {"ask": "beat", "of": {"role": "primary", "system": "", "limit": 1.0}},
        {"more": 1},
    ],
)
def test_a_request_with_anything_wrong_is_garbage(wrong: dict[str, object]) -> None:
    right = unpack(payloads.asked(7, Win(1)))
    assert payloads.read_asked(pack(right)) == (7, Win(1))
    with pytest.raises(Garbage):
        payloads.read_asked(pack(right | wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity": ""},
        {"identity": 7},
        {"number": None},
        {"reply": {"word": "maybe", "cell": None, "again": 0.0}},
        {"reply": {"word": "won", "cell": {"epoch": 1}, "again": 0.0}},
        {"reply": {"word": "won", "cell": None}},
        {"more": 1},
    ],
)
def test_an_answer_with_anything_wrong_is_garbage(wrong: dict[str, object]) -> None:
    right = unpack(payloads.answered(7, "1d", Reply("won", Cell(2, ALONE, "server1"))))
    assert payloads.read_answered(pack(right)).number == 7
    with pytest.raises(Garbage):
        payloads.read_answered(pack(right | wrong))
