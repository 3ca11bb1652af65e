"""A pair whose clocks are an hour apart: a warning, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fixtures.binaries import Binaries
from fixtures.etcd import ETCD
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from tests.fix_postgres import open_directory
from tests.mirror.certificates import Authority
from tests.mirror.clocks import library
from tests.mirror.whole import Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]
_HOUR = 3600


class Apart(Whole):
    """All of Mirroring Controller on B's host is an hour ahead; PostgreSQL is not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ahead = library(self.home.parent, _HOUR)

    def _started(self, on: str, line: list[str]) -> tuple[list[str], dict[str, Any]]:
        found, options = super()._started(on, line)
        if on == B:
            found = ["env", f"LD_PRELOAD={self.ahead}", *found]
        return found, options


class ApartWithEtcd(Apart):
    """The same, with etcd."""

    def __post_init__(self) -> None:
        self.register = ETCD
        super().__post_init__()


class ApartWithTls(Apart):
    """The same, with TLS between the controllers."""

    def _make_mcdir(self, name: str) -> None:
        """Have certificates that are valid for two days, from now on."""
        place = self.home / "tls"
        if not place.exists():
            place.mkdir()
            self.authority = Authority.made(place, "authority")
        files = self.authority.files(name)
        own = {
            "admin_ssl_cert_file": f"'{files.certificate}'",
            "admin_ssl_key_file": f"'{files.key}'",
            "admin_ssl_ca_file": f"'{files.authority}'",
        }
        for path in (place, *place.iterdir()):
            self.user.own(path)
        self.conf = self.conf | own
        super()._make_mcdir(name)


@contextmanager
def apart(kind: type[Apart], postgresql: Binaries, os_user: OsUser) -> Iterator[Apart]:
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, kind=kind) as made,
    ):
        assert isinstance(made, Apart)
        yield made


def warned(pair: Whole, name: str) -> list[str]:
    """Return what *name*'s controller says of clocks."""
    return [line for line in pair.trace(name).splitlines() if "(PGX00109)" in line]


@pytest.mark.parametrize("kind", [ApartWithTls, ApartWithEtcd])
def test_clocks_an_hour_apart_are_warned_of_and_nothing_else(
    kind: type[Apart], postgresql: Binaries, os_user: OsUser
) -> None:
    if kind is ApartWithEtcd and (reason := missing("etcd", "etcdctl")):
        pytest.skip(reason)
    with apart(kind, postgresql, os_user) as pair:
        assert pair.primary() == A
        for name, sign in ((A, "+"), (B, "-")):
            assert warned(pair, name)
            for line in warned(pair, name):
                assert f"differs by {sign}3" in line, line
        before = pair.mark(A)
        pair.goes_on_for(10)
        assert pair.mark(A) == before and pair.is_switchable()

        pair.power_off(A)  # the one that is an hour ahead takes over
        pair.commits()
        pair.witness()
        assert pair.primary() == B
        pair.rebuild(A)
        pair.settles()
        pair.mc_ctl(B, "switch")  # and gives it back
        pair.commits()
        pair.witness()
        pair.rebuild(B)
        pair.settles()
        counts = {name: len(warned(pair, name)) for name in (A, B)}
        pair.goes_on_for(10)
        assert {name: len(warned(pair, name)) for name in (A, B)} == counts
