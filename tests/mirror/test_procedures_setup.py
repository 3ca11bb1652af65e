"""The procedures of docs/pair_procedures_setup.md: from nothing, or a single server, to a pair."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import ARBITER, A, B
from fixtures.server import make_data_directory
from tests.fix_postgres import open_directory
from tests.mirror.played import procedure
from tests.mirror.whole import Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

INSTANCE = "6.3.2 The primary's instance"
BEFORE = ["6.3.1 The primary's management directory", "6.3.1 The arbiter"]
PRIMARY = ["6.3.2 Settings and authentication", "6.3.2 The first start"]
STANDBY = ["6.4.1 The standby's management directory", "6.4.2 The standby's instance"]
AFTER = [
    "6.5 Confirming the replication",
    "6.11.1 Backup of the management directories",
]


class Documented(Whole):
    """A pair that the page makes: by scram, so the client goes by the page's .pgpass."""

    def conninfo(self) -> str:
        """Return libpq's string with both hosts."""
        return f"{super().conninfo()} passfile={self.home}/.pgpass"

    def begin_client(self) -> None:
        """Have a client commit from now on."""
        self.client = self.make_client()
        self.client.start()

    def places(self) -> dict[str, str]:
        """Return what stands for a place in the set-up, and what it is here."""
        a, b = (self.servers[name].port for name in (A, B))
        found = {"/usr/lib/postgresql/18/bin": str(self.binaries.directory)}
        for name, address in ((A, "100"), (B, "110")):
            ports = f"{self.admin[name]},{self.arbitration[name]}"
            line = f"192.0.2.{address},192.0.3.{address} 26540,26541"
            found[line] = f"127.0.0.1,127.0.0.1 {ports}"
        found |= {"192.0.3.120 26541": f"127.0.0.1 {self.arbitration[ARBITER]}"}
        found |= {"port = 26541": f"port = {self.arbitration[ARBITER]}"}
        found |= {"192.0.3.120": "127.0.0.1", "'*'": "'127.0.0.1'"}
        found |= {"192.0.2.100:5432": f"127.0.0.1:{a}", "port = 5432": f"port = '{a}'"}
        found |= {"192.0.2.110:5432": f"127.0.0.1:{b}"}
        return found | self.common()

    def common(self) -> dict[str, str]:
        """Return what stands for sockets and for the user."""
        user = self.user.name
        found = {"/var/run/postgresql": str(self.home), ":postgres:": f":{user}:"}
        found |= {"  postgres  ": f"  {user}  ", "role postgres ": f"role {user} "}
        return found | {"-o postgres ": f"-o {user} "}

    def lay_conf(self) -> None:
        """Have server2 get a port of its own: it would have the same on a host of its own."""
        self._write(B, f"{B}.postgresql.conf", self._conf_of(B))


@contextmanager
def to_be_made(
    binaries: Binaries, user: OsUser, kind: type[Documented] = Documented
) -> Iterator[Documented]:
    with open_directory(user) as place:
        pair = kind(place / "home", binaries, user)
        try:
            yield pair
        finally:
            if hasattr(pair, "client"):
                pair.client.stop()
            processes.end_all(pair.home)


def copied(pair: Documented) -> None:
    """Have server2's file, a copy of server1's, name what is that path on server2 here."""
    path = pair.mcdir(B) / f"{B}.conf"
    here, there = (str(pair.servers[name].data) for name in (A, B))
    path.write_text(path.read_text().replace(here, there))


def made(pair: Documented, headings: list[str]) -> None:
    for heading in headings:
        with procedure(heading, pair, pair.places()) as steps:
            steps.run()


def standby_made(pair: Documented) -> None:
    made(pair, STANDBY[:1])
    copied(pair)
    pair.lay_conf()
    pair.begin_client()
    pair.commits()
    made(pair, [*STANDBY[1:], *AFTER])
    pair.settles()


def test_a_pair_is_set_up_from_nothing(postgresql: Binaries, os_user: OsUser) -> None:
    with to_be_made(postgresql, os_user) as pair:
        made(pair, [*BEFORE, INSTANCE, *PRIMARY])
        standby_made(pair)
        assert pair.primary() == A

        made(pair, ["6.8 Checking the behaviour"])

        pair.settles()
        assert pair.primary() == B
        for name in (A, B):
            backup = pair.home / f"backup-{name}" / "mcdir-inst1"
            assert {f.name for f in backup.iterdir()} >= {"secret", "network.conf"}


def test_a_single_server_becomes_a_pair(postgresql: Binaries, os_user: OsUser) -> None:
    with to_be_made(postgresql, os_user) as pair:
        single = pair.servers[A]
        make_data_directory(postgresql, os_user, single.data)
        single.set_up(fsync="on")
        single.start_plain()
        pair.asks(A, "create table old as select 1 as n")

        with procedure(
            "7.7.2 From a single server to a pair", pair, pair.places()
        ) as steps:
            steps.run()
        made(pair, [*BEFORE, *PRIMARY])
        standby_made(pair)

        assert pair.primary() == A
        for name in (A, B):
            assert told(pair, name, "select n from old") == "1"


def told(pair: Documented, name: str, sql: str) -> str:
    import psycopg

    where = f"{pair.conninfo_of(name, 'postgres')} passfile={pair.home}/.pgpass"
    with psycopg.connect(where) as session:
        return "".join(map(str, session.execute(sql.encode()).fetchone() or ()))


class OnOneHost(Documented):
    """Both servers in one management directory; the page says which is meant."""

    def mcdir(self, name: str) -> Path:
        """Return the management directory of *name*."""
        return self.home / "mc-both"

    def places(self) -> dict[str, str]:
        """Return what stands for a place in Appendix C, and what it is here."""
        a, b = (self.servers[name].port for name in (A, B))
        data = [str(self.servers[name].data) for name in (A, B)]
        found = {"/usr/lib/postgresql/18/bin": str(self.binaries.directory)}
        found |= {"/mcdir/both": str(self.mcdir(A)), "/database1/inst1": data[0]}
        found |= {"/inst1'": f"/{A}'", "/inst2'": f"/{B}'", "5432": str(a)}
        found |= {"/database1/space": f"{self.home}/space", "5433": str(b)}
        found |= {"26540": str(self.admin[A]), "26550": str(self.admin[B])}
        return found | self.common()


def test_both_servers_on_one_host(postgresql: Binaries, os_user: OsUser) -> None:
    with to_be_made(postgresql, os_user, OnOneHost) as pair:
        with procedure("C.3 Both servers on one host", pair, pair.places()) as steps:
            steps.run(len(steps.left) - 7)
            pair.begin_client()
            pair.settles()
            steps.run(1)
            pair.commits()
            steps.run(4)
            pair.settles()
            pair.client.stop()
            steps.run()

        assert pair.left() == []
