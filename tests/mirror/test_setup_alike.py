"""Two logs with the same positions and histories are no one log: mc_ctl setup compares them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.os_user import plain_environment
from fixtures.processes import wait_until
from fixtures.server import Server, copy_data_directory
from pgx_mirror.core import wal
from pgx_mirror.core.mark import GIVEN, Mark
from tests.fix_mcdir import Mcdir, Result
from tests.mirror.setups import (
    errors,
    mark_of,
    run_standby,
    setup,
    system_of,
    unused,
    write_mark,
)

pytestmark = pytest.mark.long
ANOTHER = "its write-ahead log is another one than the primary's, from "
SLOT = "pgx_mirror_nd2"
FLUSHED = "select pg_current_wal_flush_lsn()"
BOUND = "slot_name = 'pgx_mirror_nd2'"
NEXT_FILE = ("select pg_switch_wal()", "checkpoint")


def put_back(server: Server, image: Path) -> None:
    """Have *server*, which is stopped, what it was when *image* was copied."""
    shutil.rmtree(server.data)
    copy_data_directory(image, server.data)


def logs_hints(server: Server) -> None:
    """Have it log what a rewind needs."""
    server.stop()
    server.configure(wal_log_hints="on")
    server.start_plain()


def signalled(server: Server) -> None:
    """Have *server* start as a standby."""
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")


def promoted(server: Server) -> None:
    server.ask("select pg_promote()")
    wait_until(lambda: server.ask("select pg_is_in_recovery()") == "f", "promoted")


def goes_beyond(primary: Server, position: str) -> None:
    """Have *primary* write until it is further than *position*."""
    primary.ask("create table other (n int)")
    while wal.number(primary.ask(FLUSHED)) <= wal.number(position):
        primary.ask("insert into other select generate_series(1, 1000)")


def only_a_copy_does(mcdir: Mcdir, primary: Server, server: Server) -> Result:
    """See that nothing else does, and return what a setup says that chooses."""
    before = mark_of(server)
    streaming = setup(mcdir, primary, "--method=streaming")
    assert len(errors(streaming)) == 1
    assert ANOTHER[1:] in streaming.stderr
    rewind = setup(mcdir, primary, "--method=rewind")
    assert len(errors(rewind)) == 1
    assert "mc_ctl: detail: Both have not gone apart.\n" in rewind.stderr
    assert mark_of(server) == before
    made = setup(mcdir, primary)
    assert made.returncode == 0, made.stderr
    assert f"mc_ctl: by a copy: {ANOTHER}" in made.stderr
    server.start_plain()
    primary.ask("create table after as select 1 as n")
    wait_until(lambda: server.ask("select n from after", fails="") == "1", "follows")
    return made


def test_a_primary_that_was_put_back_to_an_image_is_not_streamed_from(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """It goes on, on its timeline, beyond where the standby's own log ends."""
    logs_hints(primary)
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    primary.stop()
    image = primary.data.with_name("image")
    copy_data_directory(primary.data, image)
    primary.start_plain()
    primary.ask("create table lost as select generate_series(1, 1000) as n")
    standby_has = "select count(*) from lost"
    wait_until(lambda: standby.ask(standby_has, fails="") == "1000", "follows", 60)
    standby.ask("checkpoint")
    end = primary.ask(FLUSHED)
    standby.stop()
    primary.stop()
    put_back(primary, image)
    primary.start_plain()
    goes_beyond(primary, end)

    only_a_copy_does(mcdir, primary, standby)

    assert standby.ask("select to_regclass('lost') is null") == "t"


@pytest.mark.one_postgres
def test_two_timelines_of_one_number_and_one_beginning_are_told_apart(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """Both were promoted, each without the other, where the log of both ends."""
    logs_hints(primary)
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    primary.stop()
    signalled(primary)
    standby.stop()
    for server in (standby, primary):  # the former would follow the latter
        server.start_plain()
        promoted(server)
        server.ask("checkpoint")
        if server is standby:
            end = server.ask(FLUSHED)
            server.stop()
    mark = Mark("nd2", "g", system_of(primary), 4, GIVEN, timeline=2)
    write_mark(mcdir, standby, mark)
    histories = [
        (server.data / "pg_wal/00000002.history").read_text()
        for server in (primary, standby)
    ]
    assert histories[0] == histories[1]
    goes_beyond(primary, wal.text(wal.number(end) + 10000))

    only_a_copy_does(mcdir, primary, standby)


@pytest.mark.one_postgres
def test_a_standby_whose_log_was_removed_by_hand_is_copied(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """Its pages are of a log that is not there to be compared."""
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    for number in range(2):
        primary.ask(f"create table more{number} ()")
        primary.ask("select pg_switch_wal()")
    primary.ask("create table last ()")
    has = "select to_regclass('last') is not null"
    wait_until(lambda: standby.ask(has, fails="") == "t", "follows", 60)
    name = primary.ask("select pg_walfile_name(pg_current_wal_lsn())")
    standby.stop()
    unused(primary)
    (standby.data / "pg_wal" / name).unlink()

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "mc_ctl: by a copy: its data files are at " in made.stderr


@pytest.fixture
def behind(mcdir: Mcdir, primary: Server, standby: Server) -> Server:
    """A standby that is stopped, behind its primary, and has no slot any more."""
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    standby.stop()
    unused(primary)
    primary.ask(f"select pg_drop_replication_slot('{SLOT}')")
    primary.configure(min_wal_size="32MB", max_wal_size="32MB")
    primary.ask("select pg_reload_conf()")
    return standby


@pytest.mark.one_postgres
def test_the_log_is_kept_from_where_a_standby_will_ask_on(
    mcdir: Mcdir, primary: Server, behind: Server
) -> None:
    """A new slot would keep it from the primary's last checkpoint on, which is later."""
    primary.ask("create table later ()")
    primary.ask("select pg_switch_wal()")
    primary.ask("create table later2 ()")
    primary.configure(wal_keep_size="1GB")
    primary.ask("select pg_reload_conf()")
    for _ in range(3):
        primary.ask("checkpoint")

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "mc_ctl: by streaming: " in made.stderr
    primary.configure(wal_keep_size="0")
    primary.ask("select pg_reload_conf()")
    for number in range(5):
        primary.ask(f"create table more{number} ()")
        for statement in NEXT_FILE:
            primary.ask(statement)
    behind.start_plain()
    has = "select to_regclass('more4') is not null"
    wait_until(lambda: behind.ask(has, fails="") == "t", "follows", 60)


@pytest.mark.one_postgres
def test_a_standby_that_is_only_behind_is_not_rewound(
    mcdir: Mcdir, primary: Server, behind: Server
) -> None:
    """Recovered first, it would have a record of its own, which pg_rewind does not see."""
    primary.ask("create table later ()")
    before = mark_of(behind)

    refused = setup(mcdir, primary, "--method=rewind")

    assert len(errors(refused)) == 1
    assert "mc_ctl: detail: Both have not gone apart.\n" in refused.stderr
    assert mark_of(behind) == before


@pytest.fixture
def used(mcdir: Mcdir, primary: Server, behind: Server) -> Iterator[Server]:
    """The same, and somebody streams by its slot."""
    primary.ask(f"select pg_create_physical_replication_slot('{SLOT}', true)")
    place = mcdir.home / "received"
    place.mkdir()
    mcdir.user.own(place)
    where = ["-h", str(primary.sockets), "-p", str(primary.port)]
    program = str(primary.binaries.path("pg_receivewal"))
    with subprocess.Popen(
        [program, *where, "-U", primary.user.name, "-D", str(place), "-S", SLOT],
        env=plain_environment(primary.user.name),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **primary.user.popen_options(),
    ) as process:
        active = f"select active from pg_replication_slots where {BOUND}"
        wait_until(lambda: primary.ask(active) == "t", "it streams")
        yield behind
        process.terminate()


@pytest.mark.one_postgres
@pytest.mark.parametrize("method", ["", "streaming", "rewind", "copy"])
def test_a_slot_that_is_in_use_is_seen_whatever_the_method(
    mcdir: Mcdir, primary: Server, used: Server, method: str
) -> None:
    before = mark_of(used)

    refused = setup(mcdir, primary, *([f"--method={method}"] if method else []))

    assert errors(refused) == [f'replication slot "{SLOT}" of the primary is in use']
    assert mark_of(used) == before


@pytest.mark.one_postgres
def test_a_slot_is_dropped_where_none_may_be(
    mcdir: Mcdir, primary: Server, behind: Server
) -> None:
    """Nobody would stream by it: it would keep the log until the disk is full."""
    primary.ask(f"select pg_create_physical_replication_slot('{SLOT}', true)")
    primary.configure(max_slot_wal_keep_size="-1", wal_keep_size="1GB")
    primary.ask("select pg_reload_conf()")

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "mc_ctl: by streaming: " in made.stderr
    assert primary.ask("select count(*) from pg_replication_slots") == "0"
    behind.start_plain()
    streams = "select application_name from pg_stat_replication"
    wait_until(lambda: primary.ask(streams) == "nd2_joining", "streams", 60)
