"""A channel delivers what was sent, in order, once, or ends: whatever is done to its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.wire import channel
from pgx_mirror.wire.channel import CLIENT, SERVER, Channel
from pgx_mirror.wire.frames import frame
from pgx_mirror.wire.proof import Said
from pgx_mirror.wire.refused import (
    Forged,
    Garbage,
    OtherPurpose,
    OtherSecret,
    Refused,
    Replayed,
    TooLong,
    UnknownPeer,
)
from tests.mirror.reads import reads

SECRET = b"a secret of more than sixteen bytes"
PAYLOADS = st.lists(st.binary(max_size=200), max_size=5)


def server(secret: bytes = SECRET, me: str = "server1", fill: int = 1) -> Channel:
    return Channel(
        secret, me, SERVER, bytes([fill]) * 32, b"peer", known=["server2"]
    )  # fmt: skip


def client(
    secret: bytes = SECRET, me: str = "server2", fill: int = 2, purpose: bytes = b"peer"
) -> Channel:
    return Channel(
        secret, me, CLIENT, bytes([fill]) * 32, purpose, known=["server1"]
    )  # fmt: skip


def meet(one: Channel, other: Channel) -> None:
    """Carry bytes between the two until neither has more."""
    while data := one.outgoing():
        other.incoming(data)
        one.incoming(other.outgoing())


def opened() -> tuple[Channel, Channel]:
    one, other = server(), client()
    meet(one, other)
    assert one.open
    assert other.open
    return one, other


def test_both_know_whom_they_met() -> None:
    one, other = opened()

    assert (one.who, other.who) == ("server2", "server1")


@given(PAYLOADS, PAYLOADS, st.data())
def test_what_is_sent_arrives_whatever_the_reads(
    up: list[bytes], down: list[bytes], data: st.DataObject
) -> None:
    one, other = server(), client()
    for speaker, hearer in ((one, other), (other, one), (one, other)):
        for read in reads(data, speaker.outgoing()):
            assert hearer.incoming(read) == []
    for payload in up:
        other.send(payload)
    for payload in down:
        one.send(payload)
    heard = [p for read in reads(data, other.outgoing()) for p in one.incoming(read)]
    answered = [p for read in reads(data, one.outgoing()) for p in other.incoming(read)]

    assert heard == up
    assert answered == down


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.data())
def test_what_is_changed_on_the_way_is_never_delivered(
    sent: list[bytes], data: st.DataObject
) -> None:
    one, other = opened()
    for payload in sent:
        other.send(payload)
    text = bytearray(other.outgoing())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= 1 << data.draw(st.integers(0, 7))
    heard: list[bytes] = []

    try:
        for read in reads(data, bytes(text)):
            heard += one.incoming(read)
    except Refused:
        pass

    # A length that has grown, within the limit, is waited for: the link judges silence.
    assert heard == sent[: len(heard)]
    assert len(heard) < len(sent)


@given(st.permutations(range(4)), st.integers(0, 3))
def test_a_frame_that_is_missing_or_late_or_doubled_ends_it(
    order: list[int], twice: int
) -> None:
    one, other = opened()
    made = []
    for number in range(4):
        other.send(b"%d" % number)
        made.append(other.outgoing())
    order.insert(twice, order[twice])
    heard: list[bytes] = []

    with pytest.raises(Replayed):
        for number in order:
            heard += one.incoming(made[number])

    assert heard == [b"%d" % number for number in range(len(heard))]
    with pytest.raises(Replayed):
        one.incoming(made[0])


def test_what_one_end_said_is_not_taken_back_by_itself() -> None:
    one, other = opened()
    one.send(b"I hold the pen")
    said = one.outgoing()

    with pytest.raises(Forged):
        one.incoming(said)
    assert other.incoming(said) == [b"I hold the pen"]


def test_a_recorded_session_is_worth_nothing_later() -> None:
    one, other = server(), client()
    challenge = one.outgoing()
    other.incoming(challenge)
    proof = other.outgoing()
    one.incoming(proof)
    other.incoming(one.outgoing())
    other.send(b"take it")
    word = other.outgoing()

    later = server(fill=3)
    with pytest.raises(OtherSecret):
        later.incoming(proof + word)
    assert not later.open


@pytest.mark.parametrize("wrong", ["server", "client"])
def test_who_has_another_secret_is_refused_and_both_say_so(wrong: str) -> None:
    bad = SECRET + b"!"
    one = server(bad if wrong == "server" else SECRET)
    other = client(bad if wrong == "client" else SECRET)
    other.incoming(one.outgoing())

    with pytest.raises(OtherSecret):
        one.incoming(other.outgoing())
    with pytest.raises(OtherSecret):
        other.incoming(one.outgoing())
    assert not one.open
    assert not other.open


def test_nothing_made_from_the_secret_goes_to_who_has_proved_nothing() -> None:
    one = server()
    said = one.outgoing()

    with pytest.raises(OtherSecret):
        one.incoming(frame(b"P" + bytes(32) + b"\0\7server2" + bytes(32)))

    assert said == server(b"another secret, as long").outgoing()
    assert one.outgoing() == frame(b"Rs")


def test_a_proof_is_not_reflected() -> None:
    """Who listens in the peer's place hands the dialler's own listener's challenge on."""
    listener, dialler = server(me="server2"), client(me="server2")

    with pytest.raises(UnknownPeer):
        dialler.incoming(listener.outgoing())


def test_where_anybody_is_expected_oneself_is_not() -> None:
    def end(side: str, fill: bytes) -> Channel:
        return Channel(SECRET, "server1", side, fill * 32, b"peer")

    with pytest.raises(UnknownPeer, match="own identifier"):
        end(CLIENT, b"1").incoming(end(SERVER, b"2").outgoing())


def test_a_proof_made_as_client_proves_nothing_as_server() -> None:
    """The answer must be made by who holds the secret as the other side."""
    one, other = server(), client()
    other.incoming(one.outgoing())
    proof = other.outgoing()

    with pytest.raises(OtherSecret):
        other.incoming(frame(b"A" + proof[-32:]))


def test_a_session_of_one_purpose_is_none_of_another() -> None:
    one, other = server(), client(purpose=b"register")

    with pytest.raises(OtherPurpose):
        other.incoming(one.outgoing())
    with pytest.raises(OtherPurpose):
        one.incoming(other.outgoing())


@given(
    st.binary(max_size=20), st.binary(max_size=20), st.text("ab", max_size=3),
    st.text("ab", max_size=3),
)  # fmt: skip
def test_each_thing_said_is_in_each_value(
    purpose: bytes, binding: bytes, one: str, other: str
) -> None:
    said = Said(purpose, binding, one, other, b"n" * 32, b"m" * 32)
    moved = Said(purpose + b"x", binding[1:], one, other, b"n" * 32, b"m" * 32)

    assert said.value(SECRET, b"a") != said.value(SECRET, b"b")
    assert said.value(SECRET, b"a") != said.value(SECRET + b"x", b"a")
    assert said.value(SECRET, b"a") != moved.value(SECRET, b"a")


def test_certificates_that_differ_at_the_ends_are_seen() -> None:
    one = Channel(SECRET, "server1", SERVER, b"1" * 32, b"peer", binding=b"x")
    other = Channel(SECRET, "server2", CLIENT, b"2" * 32, b"peer", binding=b"y")
    other.incoming(one.outgoing())

    with pytest.raises(OtherSecret):
        one.incoming(other.outgoing())


@pytest.mark.parametrize("name", ["server3", "", "x" * 65, "a b", "\x1b[2J"])
def test_a_stranger_is_refused(name: str) -> None:
    one, other = server(), client(me=name)
    other.incoming(one.outgoing())

    with pytest.raises((UnknownPeer, Garbage)):
        one.incoming(other.outgoing())


@given(st.lists(st.binary(max_size=300), max_size=6), st.booleans())
def test_garbage_raises_nothing_but_refused_and_is_not_kept(
    reads: list[bytes], framed: bool
) -> None:
    for end in (server(), client()):
        try:
            for read in reads:
                end.incoming(frame(read) if framed else read)
        except Refused:
            pass
        assert not end.open
        assert len(end.outgoing()) < 600


@given(st.binary(max_size=300))
def test_an_answer_to_a_client_that_waits_is_judged(body: bytes) -> None:
    one, other = server(), client()
    other.incoming(one.outgoing())

    with pytest.raises(Refused):
        other.incoming(frame(b"A" + body))
    assert not other.open


def test_the_limit_grows_with_trust_and_ends() -> None:
    one, other = opened()
    other.send(bytes(channel.LIMIT))

    assert one.incoming(other.outgoing()) == [bytes(channel.LIMIT)]
    with pytest.raises(ValueError, match="cannot be sent"):
        other.send(bytes(channel.LIMIT + 1))
    with pytest.raises(TooLong):
        one.incoming(b"PGX\1\0\1\1\0")


@pytest.mark.parametrize("change", [{"secret": b"short"}, {"nonce": b"short"}])
def test_a_secret_or_nonce_that_is_too_short_is_not_used(
    change: dict[str, bytes],
) -> None:
    given_: dict[str, bytes] = {"secret": SECRET, "nonce": bytes(32), **change}
    with pytest.raises(ValueError, match="too short"):
        Channel(given_["secret"], "a", CLIENT, given_["nonce"], b"peer")
