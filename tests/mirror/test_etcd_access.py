"""TLS, users and what is not etcd: one clear message for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.etcd import Etcd, Tls
from fixtures.needs import missing
from fixtures.os_user import OsUser
from pgx_mirror.conf.network import Endpoint
from pgx_mirror.core.cell import PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import PRIMARY, STANDBY, Beat, Read, Win
from pgx_mirror.register.etcd.client import EtcdRegister
from pgx_mirror.register.etcd.http import COMMON_NAME, REFUSES
from pgx_mirror.register.etcd.place import Place, TlsFiles
from tests.fix_postgres import open_directory
from tests.mirror.arbiters import SYSTEM, A, B, Talker, answer, turn_until
from tests.mirror.certificates import Authority
from tests.mirror.etcds import EtcdPlace, reap

LONG = 60.0  # seconds of silence: on a busy machine a log-in takes its time
# Said of an end that leaves before it has read all.
LEFT = ("connection reset by peer", "broken pipe")
PASSWORD = "a'b \"c\\d#e"


class Guarded:
    """One member that asks for a certificate, and for a user and a password."""

    def __init__(self, home: Path, user: OsUser) -> None:
        self.authority = Authority.made(home, "ca")
        self.client = self.authority.files("client", subject="O")
        member = self.authority.files("member")
        for path in home.iterdir():
            user.own(path)
        tls = Tls(
            member.authority,
            member.certificate,
            member.key,
            (self.client.certificate, self.client.key),
        )
        self.etcd = Etcd(home / "etcd", 1, tls, user)

    def guard(self) -> None:
        """Make the users, and ask for them from now on."""
        for line in (
            ("user", "add", "root:root"),
            ("user", "grant-role", "root", "root"),
            ("role", "add", "pair"),
            (
                "role",
                "grant-permission",
                "pair",
                "--prefix=true",
                "readwrite",
                "/ours/",
            ),
            ("user", "add", f"ours:{PASSWORD}", "--interactive=false"),
            ("user", "grant-role", "ours", "pair"),
            ("auth", "enable"),
        ):
            self.etcd.ctl(*line)

    def place(self) -> EtcdPlace:
        """Return a place that is right in all."""
        return _Right(self.etcd, "/ours/pair1", LONG / 2, "ours", PASSWORD, self.tls())

    def tls(self, **changes: str) -> TlsFiles:
        """Return the client's files, with *changes*."""
        its = self.client
        return replace(TlsFiles(its.authority, its.certificate, its.key), **changes)


class _Right(EtcdPlace):
    def __init__(
        self,
        etcd: Etcd,
        prefix: str,
        timeout: float,
        user: str,
        password: str,
        tls: TlsFiles,
    ) -> None:
        super().__init__(etcd, prefix, timeout, user, password)
        self.changes: dict[str, object] = {"tls": tls}

    def place(self, **changes: object) -> Place:
        return super().place(**(self.changes | changes))


@pytest.fixture(scope="module")
def guarded(os_user: OsUser) -> Iterator[Guarded]:
    if reason := missing("etcd", "etcdctl", "openssl"):
        pytest.skip(reason)
    with open_directory(os_user) as place:
        made = Guarded(place, os_user)
        try:
            made.etcd.start()
            made.guard()
            yield made
        finally:
            made.etcd.stop()


def _why(place: Place) -> str:
    """Return why *place* is away."""
    beat = Beat(PRIMARY, SYSTEM, LONG)

    class There(EtcdPlace):
        def client(self, me: str, _: Beat, secret: bytes = b"") -> EtcdRegister:
            return EtcdRegister(place, me, B, beat, interval=0.1)

    with Talker(There(None), A, PRIMARY) as one:  # type: ignore[arg-type]
        turn_until(lambda: one.losses or one.known, "a word", one)
        reap()
        return one.losses[0].why if one.losses else "it is there"


def test_with_certificate_user_and_password_it_is_a_register(guarded: Guarded) -> None:
    place = guarded.place()
    with (
        Talker(place, A, PRIMARY, limit=LONG) as one,
        Talker(place, B, STANDBY, limit=LONG) as two,
    ):
        turn_until(lambda: one.known and two.known, "both are there", one, two)
        assert one.known is not None
        one.bind(1, PAIR, one.known.identity)
        two.bind(1, "SYNC", one.known.identity)
        turn_until(lambda: one.known and one.known.cell, "a cell", one, two)
        # etcd forgets all tokens: new ones are asked for, and nobody hears of that.
        for talker in (one, two):
            talker.heard.clear()
        guarded.etcd.ctl("auth", "disable", "--user=root:root")
        guarded.etcd.ctl("auth", "enable")
        assert answer(one, Read(), two).cell == Cell(1, PAIR, A)
        assert answer(two, Win(1), one).word == words.HEARD
        assert (one.losses, two.losses) == ([], [])


def test_the_password_is_shown_nowhere(guarded: Guarded) -> None:
    place = guarded.place().place()
    assert PASSWORD not in repr(place)
    assert PASSWORD not in _why(replace(place, user="other"))


def test_what_is_wrong_is_named(guarded: Guarded, tmp_path: Path) -> None:
    right, tls = guarded.place().place(), guarded.tls
    end = str(right.endpoints[0])
    other = Authority.made(tmp_path, "other").files("stranger")
    closed = guarded.authority.with_passphrase(guarded.client)
    named_one = guarded.authority.files("named")
    named = (Endpoint("localhost", right.endpoints[0].port),)
    no_user = 'etcd refuses user "ours": the user or the password is another'
    for changes, why in (
        ({"password": "wrong"}, no_user),
        ({"user": "", "password": ""}, "etcd asks for a user and a password"),
        (
            {"prefix": "/theirs"},
            'etcd gives user "ours" no right to keys below "/theirs"',
        ),
        (
            {"tls": tls(authority=other.authority)},
            f"{end}: its certificate is refused: unable to get local issuer certificate",
        ),
        (
            {"endpoints": named},
            f"{named[0]}: its certificate is refused: "
            "Hostname mismatch, certificate is not valid for 'localhost'",
        ),
        (
            {"tls": tls(key=other.key)},
            "its TLS files cannot be used: key values mismatch",
        ),
        (
            {"tls": tls(certificate=named_one.certificate, key=named_one.key)},
            f"{end}: {COMMON_NAME}",
        ),
        (
            {"tls": tls(key=closed)},
            "its TLS files cannot be used: the key has a passphrase",
        ),
    ):
        assert _why(replace(right, **changes)) == why


def test_who_speaks_without_tls_is_told_that_etcd_has_left(guarded: Guarded) -> None:
    right = guarded.place().place()
    why = _why(replace(right, tls=None)).removeprefix(f"{right.endpoints[0]}: ")
    assert why in ("it has closed the connection", *LEFT)


def test_a_certificate_that_etcd_refuses_is_named(
    guarded: Guarded, tmp_path: Path
) -> None:
    """By its word or by its leaving, whichever comes first."""
    right = guarded.place().place()
    other = Authority.made(tmp_path, "other").files("stranger")
    strange = guarded.tls(certificate=other.certificate, key=other.key)
    why = _why(replace(right, tls=strange)).removeprefix(f"{right.endpoints[0]}: ")
    assert why in (REFUSES, *LEFT)
