"""A look at a server shows what it is, by two servers that stream."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from fixtures.processes import kill, wait_until
from fixtures.server import Server
from pgx_mirror.core.seen import LIMITS, Pauses, Seen
from pgx_mirror.database.look import Looker
from tests.fix_pair import NAME, MakeLooker, Pair, access, child
from tests.fix_postgres import MakeServer
from tests.fix_sessions import Connect

pytestmark = pytest.mark.postgres


def until(looker: Looker, shows: Callable[[Seen], object], **how: bool) -> Seen:
    """Look until a look *shows* something, and return that one."""
    found: list[Seen] = []

    def looked() -> object:
        found.append(looker.look(30, **how))
        return shows(found[-1])

    wait_until(looked, "a look shows it", 60)
    return found[-1]


def test_a_primary_shows_its_standby_and_itself(pair: Pair, looker: MakeLooker) -> None:
    pair.names(NAME)

    seen = until(looker(access(pair.a)), lambda seen: seen.names)

    assert seen.names == NAME
    assert (seen.source, seen.file) == (
        "configuration file",
        str(pair.a.data / "postgresql.conf"),
    )
    assert not seen.recovery
    assert seen.superuser
    assert seen.wal_senders == 10
    assert seen.pauses == Pauses(60.0, 60.0, 10.0)
    assert seen.timeline == 1
    assert seen.version // 10000 == pair.a.binaries.major
    system = "select system_identifier from pg_control_system()"
    assert seen.system == pair.a.ask(system)
    [sender] = seen.senders
    assert (sender.name, sender.state) == (NAME, "streaming")
    assert sender.furthest <= seen.flush <= seen.insert


def test_a_standby_shows_the_own_end_that_its_primary_shows(
    pair: Pair, looker: MakeLooker
) -> None:
    theirs = looker(access(pair.a)).look(30)
    # What it began with counts as received once something new has come.
    pair.a.ask("select pg_logical_emit_message(true, '', '')")

    seen = until(looker(access(pair.b)), lambda seen: seen.received >= seen.replayed)

    [sender] = theirs.senders
    assert seen.receiver is not None
    assert (seen.receiver.address, seen.receiver.port) == (sender.address, sender.port)
    assert seen.receiver.pid == child(pair.b, "walreceiver")
    assert seen.receiver.timeline == seen.timeline == 1
    assert seen.recovery
    assert seen.bears == NAME
    assert seen.system == theirs.system
    assert seen.replayed > 0
    assert seen.unable == ()


def test_a_standby_may_stream_by_a_socket(pair: Pair, looker: MakeLooker) -> None:
    ours = f"host={pair.a.sockets} port={pair.a.port} application_name=local"
    pair.b.ask(f"alter system set primary_conninfo = '{ours}'")
    kill(pair.b.pid() or 0, signal.SIGHUP)

    # The setting is shown before the receiver of the one before has ended.
    seen = until(
        looker(access(pair.b)),
        lambda s: s.bears == "local" and s.receiver and not s.receiver.address,
    )

    assert seen.receiver is not None
    assert (seen.receiver.address, seen.receiver.port) == ("", -1)
    theirs = until(
        looker(access(pair.a)), lambda s: [one.name for one in s.senders] == ["local"]
    )
    assert (theirs.senders[0].address, theirs.senders[0].port) == ("", -1)


def test_a_reload_is_seen_by_the_next_look(pair: Pair, looker: MakeLooker) -> None:
    looking = looker(access(pair.a))
    assert looking.look(30).names == ""

    pair.names("somebody")

    until(looking, lambda seen: seen.names == "somebody")


def test_names_by_alter_system_are_seen_with_their_file(
    pair: Pair, looker: MakeLooker
) -> None:
    looking = looker(access(pair.a))
    looking.look(30)
    pair.a.ask("alter system set synchronous_standby_names = 'somebody'")
    pair.names(NAME)

    seen = until(looking, lambda seen: seen.names)

    assert seen.names == "somebody"
    assert seen.file == str(pair.a.data / "postgresql.auto.conf")


def test_names_on_the_command_line_are_seen(server: Server, looker: MakeLooker) -> None:
    server.start_plain("-c", "synchronous_standby_names=somebody")

    seen = looker(access(server)).look(30)

    assert (seen.names, seen.source) == ("somebody", "command line")


def test_a_broken_line_is_named_and_a_value_for_a_restart_is_none(
    pair: Pair, looker: MakeLooker
) -> None:
    conf = pair.a.data / "postgresql.conf"
    before = conf.read_text()
    looking = looker(access(pair.a))
    looking.look(30)
    conf.write_text(before + "max_wal_senders = 3\n")
    kill(pair.a.pid() or 0, signal.SIGHUP)
    pending = "select count(*) from pg_settings where pending_restart"
    wait_until(lambda: pair.a.ask(pending) == "1", "it waits for a restart")
    assert looking.look(30).file_errors == ()

    conf.write_text(before + "this is nonsense\n")
    kill(pair.a.pid() or 0, signal.SIGHUP)
    looking.close()  # a reload that fails does not count as one

    [error] = looking.look(30).file_errors
    conf.write_text(before)
    assert error == f"{conf}:{len(before.splitlines()) + 1}: syntax error"


def test_who_commits_without_the_guarantee_is_told(
    pair: Pair, looker: MakeLooker
) -> None:
    looking = looker(access(pair.a))
    assert looking.look(30).loose == ()
    pair.a.ask("create role fast")
    pair.a.ask("create database shop template template0")  # in which nobody ever is
    pair.a.ask("alter role fast set synchronous_commit = off")
    pair.a.ask("alter database shop set synchronous_commit = remote_write")
    pair.a.ask("alter role fast in database shop set synchronous_commit = remote_apply")
    pair.a.ask("alter system set synchronous_commit = local")
    kill(pair.a.pid() or 0, signal.SIGHUP)

    seen = until(looking, lambda seen: len(seen.loose) == 3)

    pair.a.ask("drop database shop")
    pair.a.ask("drop role fast")
    assert set(seen.loose) == {
        "role fast: off",
        "database shop: remote_write",
        "server: local",
    }


def test_what_the_server_does_for_ourselves_is_not_taken_for_its_own(
    pair: Pair, looker: MakeLooker
) -> None:
    me = pair.a.user.name
    pair.a.ask(f"alter role {me} set synchronous_commit = off")

    seen = looker(access(pair.a)).look(30)

    pair.a.ask(f"alter role {me} reset synchronous_commit")
    assert seen.loose == (f"role {me}: off",)


def test_a_standby_tells_why_it_could_not_be_promoted(
    pair: Pair, looker: MakeLooker
) -> None:
    pair.b.ask("select pg_wal_replay_pause()")

    seen = looker(access(pair.b)).look(30)

    pair.b.ask("select pg_wal_replay_resume()")
    assert seen.unable == ("replay is paused",)
    assert dict(zip(LIMITS, seen.limits, strict=True))["max_connections"] == 100


def test_a_recovery_target_is_a_reason(
    make_server: MakeServer, looker: MakeLooker
) -> None:
    server = make_server(max_connections=100)
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    server.configure(
        recovery_target_time="2100-01-01 00:00:00+00", restore_command="false"
    )
    server.start_plain()

    seen = looker(access(server)).look(30)

    assert seen.unable == ("recovery_target_time is set",)
    assert seen.receiver is None
    assert seen.received == 0


def probe_under_way(looking: Looker) -> bool:
    looking.look(30, probe=True)
    return looking.look(30).probe_waits


def test_a_probe_commit_is_told_of_while_it_waits_and_when_it_has_returned(
    pair: Pair, looker: MakeLooker, connect: Connect
) -> None:
    looking = looker(access(pair.a))
    assert looking.look(30, probe=True).probe == 0

    returned = until(looking, lambda seen: seen.probe, probe=True)

    assert 0 < returned.probe < returned.flush
    # What has begun to commit is not to wait for a name that comes behind it.
    wait_until(lambda: not probe_under_way(looking), "no probe is under way")
    pair.names("nobody")
    session = connect(pair.a)
    wait_until(lambda: looking.look(30).names == "nobody", "the name is shown")
    pair.a.ask("checkpoint")  # before which the checkpointer applies what it has read
    session.pgconn.send_query(b"select pg_logical_emit_message(true, 'client', '')")
    until(looking, lambda seen: seen.waiting == 1, probe=True)
    # Nobody has committed since: only a commit that returns has a probe follow it.
    assert not looking.look(30, probe=True).probe_waits
    local = (
        "set synchronous_commit = local; select pg_logical_emit_message(true, '', '')"
    )
    pair.a.ask(local)
    seen = until(looking, lambda seen: seen.waiting == 2, probe=True)
    assert (seen.probe, seen.probe_waits) == (0, True)


def test_an_idle_server_stays_idle_under_probes(pair: Pair, looker: MakeLooker) -> None:
    looking = looker(access(pair.a))
    until(looking, lambda seen: seen.probe, probe=True)

    transactions = {
        pair.a.ask("select pg_snapshot_xmax(pg_current_snapshot())")
        for _ in range(20)
        if looking.look(30, probe=True).flush
    }

    assert len(transactions) == 1
