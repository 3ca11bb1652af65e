"""TLS around the link: both sides verify, and whoever is between the two is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_base.failure import Failure
from pgx_mirror.peer.events import TLS, Lost, Met, Refused
from pgx_mirror.peer.settings import Settings, TlsFiles
from pgx_mirror.peer.tls import Layer, Tls
from pgx_mirror.wire.channel import CLIENT, SERVER, Channel
from pgx_mirror.wire.refused import OtherSecret, TlsRefused
from tests.mirror.certificates import Authority
from tests.mirror.reads import reads
from tests.mirror.two_links import SECRET, End, both, met, steps, until


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("tls"), "authority")


@pytest.fixture(scope="module")
def one(authority: Authority) -> TlsFiles:
    return authority.files("server1")


@pytest.fixture(scope="module")
def other(authority: Authority) -> TlsFiles:
    return authority.files("server2")


def ends(one: TlsFiles | None, other: TlsFiles | None) -> tuple[End, End]:
    here, there = both()
    return End(replace(here, tls=one)), End(replace(there, tls=other))


def close(*ends: End) -> None:
    for end in ends:
        end.link.close()


def test_they_meet_and_hear_over_tls(one: TlsFiles, other: TlsFiles) -> None:
    here, there = ends(one, other)
    for number in range(20):
        here.say(number)
        there.say(number)
        until(lambda: here.heard == there.heard == number, here, there)  # noqa: B023

    assert not here.all(Refused)
    assert not here.all(Lost)
    close(here, there)


def test_a_certificate_of_another_authority_is_refused_by_both(
    one: TlsFiles, tmp_path: Path
) -> None:
    here, there = ends(one, Authority.made(tmp_path, "stranger").files("server2"))

    until(lambda: here.all(Refused) and there.all(Refused), here, there)

    for end in (here, there):
        assert {event.kind for event in end.all(Refused)} == {TLS}
        assert not end.all(Met)
    told = " ".join(event.why for event in here.all(Refused))
    assert "certificate is refused" in told or "unknown ca" in told
    close(here, there)


def test_a_certificate_for_another_host_is_refused(
    authority: Authority, one: TlsFiles
) -> None:
    here, there = ends(one, authority.files("elsewhere", "IP:192.0.2.7"))

    until(lambda: here.all(Refused), here, there)
    steps(0.5, here, there)

    assert any("IP address mismatch" in event.why for event in here.all(Refused))
    close(here, there)


def test_a_certificate_that_has_expired_is_refused_and_told_as_that(
    authority: Authority, one: TlsFiles
) -> None:
    here, there = ends(one, authority.files("late", days=-1))

    until(lambda: here.all(Refused), here, there)
    steps(0.5, here, there)

    assert any("certificate has expired" in event.why for event in here.all(Refused))
    assert not here.all(Met) and not there.all(Met)
    close(here, there)


def test_one_side_without_tls_meets_nobody(one: TlsFiles) -> None:
    here, there = ends(one, None)

    until(lambda: here.all(Refused) and there.all(Refused), here, there)

    assert not here.all(Met)
    assert not there.all(Met)
    close(here, there)


def test_the_secret_is_proved_inside(one: TlsFiles, other: TlsFiles) -> None:
    here, there = both()
    first = End(replace(here, tls=one))
    second = End(replace(there, tls=other, secret=b"another secret, as long"))

    until(lambda: first.all(Refused) and second.all(Refused), first, second)

    assert not first.all(Met)
    close(first, second)


def tls(files: TlsFiles) -> Tls:
    return Tls(files, "127.0.0.1")


def layers(client: TlsFiles, server: TlsFiles) -> tuple[Layer, Layer]:
    """Return a client's and a server's layer that have shaken hands."""
    dialled, accepted = tls(client).dialled(), tls(server).accepted()
    while not (dialled.ready and accepted.ready):
        accepted.incoming(dialled.outgoing(b""))
        dialled.incoming(accepted.outgoing(b""))
    return dialled, accepted


def test_who_is_in_between_with_a_certificate_of_its_own_is_found(
    authority: Authority, one: TlsFiles, other: TlsFiles
) -> None:
    """Each end sees its certificate: the two connections bind differently."""
    between = authority.files("between")
    dialled, _ = layers(one, between)
    _, accepted = layers(between, other)
    client = Channel(
        *(SECRET, "server1", CLIENT, b"1" * 32, b"peer"), binding=dialled.binding
    )
    server = Channel(
        *(SECRET, "server2", SERVER, b"2" * 32, b"peer"), binding=accepted.binding
    )
    client.incoming(server.outgoing())

    with pytest.raises(OtherSecret):
        server.incoming(client.outgoing())


def test_both_ends_bind_to_the_same(one: TlsFiles, other: TlsFiles) -> None:
    dialled, accepted = layers(one, other)

    assert dialled.binding == accepted.binding != b""


@settings(max_examples=30)  # each with a handshake
@given(st.lists(st.binary(max_size=500), max_size=4), st.data())
def test_what_is_sent_arrives_whatever_the_reads(
    one: TlsFiles, other: TlsFiles, sent: list[bytes], data: st.DataObject
) -> None:
    dialled, accepted = layers(one, other)
    text = b"".join(map(dialled.outgoing, sent))

    assert b"".join(map(accepted.incoming, reads(data, text))) == b"".join(sent)


@settings(max_examples=30)
@given(st.binary(min_size=1, max_size=100))
def test_garbage_raises_nothing_but_refused(one: TlsFiles, text: bytes) -> None:
    for end in (tls(one).accepted(), tls(one).dialled()):
        try:
            end.incoming(text)
        except TlsRefused:
            pass
        assert not end.ready


def test_a_record_that_was_changed_is_refused(one: TlsFiles, other: TlsFiles) -> None:
    dialled, accepted = layers(one, other)
    text = bytearray(dialled.outgoing(b"I hold the pen"))
    text[-1] ^= 1

    with pytest.raises(TlsRefused):
        accepted.incoming(bytes(text))


def test_files_that_cannot_be_used_are_named(
    authority: Authority, one: TlsFiles, other: TlsFiles, tmp_path: Path
) -> None:
    """A key with a passphrase too: nothing may ask for it on a terminal."""
    for bad in (
        replace(one, certificate=str(tmp_path / "nowhere.pem")),
        replace(one, key=other.key),
        replace(one, key=authority.with_passphrase(one)),
        replace(one, authority=one.key),
    ):
        with pytest.raises(Failure, match="TLS of the admin network") as caught:
            tls(bad)
        assert caught.value.detail is not None
        assert bad.key in caught.value.detail


def test_a_link_whose_files_cannot_be_used_leaves_its_port_free(
    one: TlsFiles, tmp_path: Path
) -> None:
    here: Settings = both()[0]
    with pytest.raises(Failure):
        End(replace(here, tls=replace(one, key=str(tmp_path / "nowhere"))))
    close(End(here))


def test_they_meet_over_tls_by_name(authority: Authority) -> None:
    named = [authority.files(name, "DNS:localhost") for name in ("name1", "name2")]
    here, there = both()
    first = End(
        replace(here, tls=named[0], theirs=replace(here.theirs, host="localhost"))
    )
    second = End(
        replace(there, tls=named[1], theirs=replace(there.theirs, host="localhost"))
    )

    met(first, second)

    close(first, second)
