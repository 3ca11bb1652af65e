"""Fixtures: a primary and its standby, made of one data directory, as `mc_ctl` finds them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.processes import kill, wait_until
from fixtures.server import Server, replace_text
from pgx_base import proc
from pgx_mirror.database.access import APPLICATION, Access
from pgx_mirror.database.look import Looker
from pgx_mirror.database.proof import Proof
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.login import Login
from tests.fix_postgres import MakeServer, make_instance, open_directory

NAME = "standby1"  # what the standby is called towards its primary
_FOLLOWS = "show primary_conninfo"
_SENDERS = "select pid from pg_stat_replication"


@dataclass
class Pair:
    """Two servers that run: `a` the primary, `b` its standby, named NAME."""

    a: Server
    b: Server

    def streams(self) -> bool:
        """Whether the standby streams."""
        return self.a.ask("select state from pg_stat_replication") == "streaming"

    def names(self, value: str | None, *, reload: bool = True) -> None:
        """Write the primary's synchronous_standby_names, commented out for None."""
        set_names(self.a, value, reload=reload)


def set_names(server: Server, value: str | None, *, reload: bool = True) -> None:
    """Write synchronous_standby_names into a file beside postgresql.conf, for tests."""
    text = f"synchronous_standby_names = '{value or ''}'\n"
    conf = server.data / "postgresql.conf"
    lines = conf.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("synchronous_standby_names")]
    replace_text(conf, "".join([*kept, text if value is not None else f"#{text}"]))
    pid = server.pid()
    if reload and pid is not None:
        os.kill(pid, signal.SIGHUP)


def at_socket(server: Server) -> Address:
    return Address(server.port, host=str(server.sockets))


def at_loopback(server: Server) -> Address:
    return Address(server.port, hostaddr="127.0.0.1")


def access(
    server: Server,
    *addresses: Address,
    database: str = "postgres",
    user: str = "",
    home: str = "/nonexistent",
    password: str = "",
) -> Access:
    """Return how *server* is asked, at its socket unless *addresses* are given."""
    who = Login(
        user or server.user.name,
        home,
        application=APPLICATION,
        password=password.encode(),
    )
    return Access(addresses or (at_socket(server),), who, database)


def children(server: Server) -> dict[int, str]:
    """Return the title of each process of *server* but the postmaster, by PID."""
    found = {}
    for pid in proc.pids():
        stat = proc.read_stat(pid)
        if stat is not None and stat[1] == server.pid():
            found[pid] = " ".join(proc.cmdline(pid))
    return found


def child(server: Server, word: str) -> int:
    """Return the process of *server* whose title has *word* in it."""
    wait_until(lambda: any(word in t for t in children(server).values()), word)
    return next(pid for pid, title in children(server).items() if word in title)


def freeze(server: Server) -> Callable[[], None]:
    """Stop every process of *server*, and return what lets them go on."""
    stopped = processes.freeze(
        lambda: [pid for pid in [server.pid(), *children(server)] if pid is not None]
    )
    return partial(processes.thaw, stopped)


MakePair = Callable[..., Pair]


@pytest.fixture
def make_pair(make_server: MakeServer) -> MakePair:
    """Return a function that starts a pair; its settings are both servers'."""
    return partial(start_pair, make_server)


def start_pair(
    make: MakeServer, *, options: tuple[str, ...] = (), **settings: object
) -> Pair:
    """Start a pair of two instances; *options* are on the primary's command line."""
    # No checkpoint but those that are asked for: one by time lasts for minutes.
    usual = {"checkpoint_timeout": "1d", "wal_retrieve_retry_interval": "100ms"}
    both = {"wal_keep_size": "64MB", "max_connections": 100} | usual | settings
    a, b = make("a", **both), make("b", **both)
    a.start_plain(*options)
    as_standby(b, a)
    pair = Pair(a, b)
    wait_until(pair.streams, "the standby streams", 60)
    return pair


@pytest.fixture(scope="package")
def common_pair(
    postgresql: Binaries, template: Path, os_user: OsUser
) -> Iterator[Pair]:
    """A pair that the tests of a folder take in turns, by `pair`."""
    with open_directory(os_user) as place:
        yield start_pair(partial(make_instance, postgresql, template, place, os_user))


@pytest.fixture
def pair(common_pair: Pair) -> Iterator[Pair]:
    """A primary and its standby, which run; a test may change settings, and freeze them."""
    yield common_pair
    set_right(common_pair)


def set_right(pair: Pair) -> None:
    """Let both go on as they were at first: no names, and no session of anybody's."""
    for server in (pair.a, pair.b):
        for pid in [server.pid(), *children(server)]:
            if pid is not None:
                kill(pid, signal.SIGCONT)
    for server in (pair.a, pair.b):
        wait_until(partial(_is_alone, server), "no session is left")
    before = pair.b.ask(_FOLLOWS)
    for server in (pair.a, pair.b):
        (server.data / "postgresql.auto.conf").write_text("")
        set_names(server, None)
    if pair.b.ask(_FOLLOWS) != before:
        _follow_anew(pair)
    wait_until(pair.streams, "the standby streams again")
    # One that returns: the checkpointer, which reads for itself, has no names either.
    commit = "select pg_logical_emit_message(true, '', '')"
    pair.a.ask(f"set synchronous_commit = on; {commit}")


def _is_alone(server: Server) -> bool:
    """Whether there is no session beside the one that asks; others are ended."""
    others = "backend_type = 'client backend' and pid <> pg_backend_pid()"
    end = f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"
    return server.ask(end, fails="full") == ""


def _follow_anew(pair: Pair) -> None:
    """Have the standby follow as it is told now; by itself it would, at any time from now on."""
    senders = pair.a.ask(_SENDERS)
    receiver = pair.b.ask("select pid from pg_stat_wal_receiver")
    if receiver:
        kill(int(receiver), signal.SIGTERM)
    wait_until(lambda: pair.a.ask(_SENDERS) not in ("", senders), "it follows anew")


def as_standby(server: Server, of: Server, name: str = NAME) -> None:
    """Start *server*, a copy of what *of* was made of, as a standby of it."""
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    server.configure(primary_conninfo=conninfo(of, name))
    server.start_plain()


def conninfo(of: Server, name: str = NAME) -> str:
    """Return what a standby of *of* has as primary_conninfo."""
    return f"host=127.0.0.1 port={of.port} user={of.user.name} application_name={name}"


MakeLooker = Callable[[Access], Looker]


@pytest.fixture
def looker() -> Iterator[MakeLooker]:
    """Return a function that makes a Looker; all are closed at the end."""
    made: list[Looker] = []

    def make(at: Access) -> Looker:
        made.append(Looker(at))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def proof(pair: Pair) -> Iterator[Proof]:
    """Proofs of the pair's primary."""
    with closing(Proof(access(pair.a))) as made:
        yield made
