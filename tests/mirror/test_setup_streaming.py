"""mc_ctl setup where nothing need be copied, and where it only seems so: on real servers."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core import wal
from pgx_mirror.core.mark import GIVEN, NEW, Mark
from pgx_mirror.setup import unfinished, wal_end
from pgx_mirror.setup.choosing import End
from tests.fix_mcdir import Mcdir
from tests.mirror.by_hand import STANDBY, WAITS, outcomes
from tests.mirror.programs import script
from tests.mirror.setups import (
    arguments,
    errors,
    mark_of,
    run_standby,
    setup,
    system_of,
    unused,
    write_mark,
)

ALONE = "mc_ctl start alone would do"
FLUSHED = "select pg_current_wal_flush_lsn()"
NEXT_FILE = "select pg_switch_wal(); checkpoint"


@pytest.fixture
def old(mcdir: Mcdir, primary: Server, standby: Server) -> Server:
    """nd2, which was the primary of nd1 in timeline 2, was stopped in time, and is deposed.

    Nobody has written on it since: nd1 goes on in timeline 3 where it has ended.
    """
    with (mcdir.path / "nd2.postgresql.conf").open("a") as conf:
        conf.write("wal_log_hints = on\n")
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    primary.stop()
    standby.ask("select pg_promote()")
    wait_until(lambda: standby.ask("select pg_is_in_recovery()") == "f", "promoted")
    standby.ask("checkpoint")
    (primary.data / "standby.signal").touch()
    primary.user.own(primary.data / "standby.signal")
    where = f"host=127.0.0.1 port={standby.port} user={primary.user.name}"
    primary.configure(primary_conninfo=f"{where} application_name=nd1")
    primary.start_plain()
    standby.ask("create table theirs (n int)")  # it has waited for nd1
    follows = "select count(*) from pg_stat_replication where replay_lsn = flush_lsn"
    wait_until(lambda: standby.ask(follows) == "1", "it follows", 60)
    system = system_of(standby)
    standby.stop()
    primary.ask("select pg_promote()")
    wait_until(lambda: primary.ask("select pg_is_in_recovery()") == "f", "promoted")
    write_mark(mcdir, standby, Mark("nd2", "g", system, 4, GIVEN, timeline=2))
    return standby


def follows(primary: Server, server: Server) -> None:
    """It streams by its slot, and under a name that confirms nothing."""
    server.start_plain()
    primary.ask("create table after ()")
    seen = "select count(*) from pg_class where relname = 'after'"
    wait_until(lambda: server.ask(seen, fails="") == "1", "it follows", 60)
    assert server.ask("select pg_is_in_recovery()") == "t"
    streams = "select application_name, (select active from pg_replication_slots)"
    assert primary.ask(f"{streams} from pg_stat_replication") == "nd2_joining|t"


def inode(server: Server) -> int:
    """Return which file a table of PostgreSQL's own is: another one in a copy."""
    return (server.data / "base/1/2619").stat().st_ino


def is_made(mcdir: Mcdir, server: Server) -> None:
    mark = mark_of(server)
    assert (mark.owner, mark.state, mark.epoch) == ("nd2", NEW, 0)
    assert mark.generation != "g"
    conf = (server.data / "postgresql.conf").read_text()
    assert "\nsynchronous_standby_names = 'nd1'" in conf
    assert unfinished.of(str(mcdir.path), "nd2") is None


def test_an_old_primary_that_was_stopped_in_time_copies_nothing(
    mcdir: Mcdir, primary: Server, old: Server
) -> None:
    was = inode(old)

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "mc_ctl: by streaming: its write-ahead log ends at " in made.stderr
    assert ALONE not in made.stderr
    assert inode(old) == was
    is_made(mcdir, old)
    follows(primary, old)


def test_the_server_reads_the_passwords_that_setup_has_read(
    mcdir: Mcdir, primary: Server, old: Server
) -> None:
    """As after a copy, which pg_basebackup writes it for: its HOME may be another."""
    passfile = mcdir.home / ".pgpass"
    passfile.touch(mode=0o600)
    mcdir.user.own(passfile)

    assert setup(mcdir, primary).returncode == 0

    written = (old.data / "postgresql.auto.conf").read_text()
    assert f"passfile=''{passfile}''" in written


@pytest.mark.root
def test_cut_short_anywhere_and_started_by_hand_its_commits_wait(
    mcdir: Mcdir, primary: Server, old: Server
) -> None:
    seen = outcomes(mcdir, old, *arguments(primary))

    assert set(seen) == {WAITS, STANDBY}
    assert seen[0] == WAITS
    assert seen[-1] == STANDBY
    is_made(mcdir, old)


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGKILL])
def test_one_that_was_started_by_hand_since_is_rewound(
    mcdir: Mcdir, primary: Server, old: Server, ends: signal.Signals
) -> None:
    """What it writes at its start is beyond where the primary left its timeline."""
    old.start_plain()
    old.ask("checkpoint")
    if ends == signal.SIGKILL:
        old.crash()
    else:
        old.stop()
    was = inode(old)

    streaming = errors(setup(mcdir, primary, "--method=streaming"))
    made = setup(mcdir, primary)

    (refused,) = streaming
    assert refused.endswith('cannot become a standby\'s by "--method=streaming"')
    assert made.returncode == 0, made.stderr
    assert ", and the primary left timeline 2 at " in made.stderr
    assert "mc_ctl: by a rewind: " in made.stderr
    assert inode(old) == was
    is_made(mcdir, old)
    follows(primary, old)


@pytest.mark.one_postgres
def test_a_rewind_that_fails_goes_on_as_a_copy_and_says_why(
    mcdir: Mcdir, primary: Server, old: Server
) -> None:
    real = primary.binaries.directory
    place = mcdir.home / "programs"
    place.mkdir()
    for path in real.iterdir():
        (place / path.name).symlink_to(path)
    (place / "pg_rewind").unlink()
    text = "#!/bin/sh\necho 'pg_rewind: error: no such luck' >&2; exit 1\n"
    (place / "pg_rewind").write_text(text)
    (place / "pg_rewind").chmod(0o755)
    mcdir.programs.insert(0, place)
    old.start_plain()
    old.stop()
    was = inode(old)

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    said = made.stderr
    assert "could not rewind the data directory\nmc_ctl: detail: no such luck" in said
    assert "mc_ctl: by a copy: the rewind has failed\n" in said
    assert inode(old) != was
    is_made(mcdir, old)
    follows(primary, old)


@pytest.mark.one_postgres
def test_a_standby_that_is_behind_copies_nothing_while_the_log_is_there(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    standby.stop()
    unused(primary)
    primary.ask("create table later ()")
    was = inode(standby)

    behind = setup(mcdir, primary)
    assert behind.returncode == 0, behind.stderr
    assert ALONE in behind.stderr
    assert inode(standby) == was
    is_made(mcdir, standby)
    follows(primary, standby)

    standby.stop()
    unused(primary)
    primary.ask("select pg_drop_replication_slot('pgx_mirror_nd2')")
    for number in range(2):
        primary.ask(f"create table more{number} ()")
        for statement in NEXT_FILE.split(";"):
            primary.ask(statement)
    copied = setup(mcdir, primary)
    assert copied.returncode == 0, copied.stderr
    assert "mc_ctl: not by streaming: the primary has its write-ahead log from " in (
        copied.stderr
    )
    assert "mc_ctl: not by a rewind: both have not gone apart\n" in copied.stderr
    assert inode(standby) != was
    again = setup(mcdir, primary)  # nobody can tell where a copy's log will end
    assert "mc_ctl: by a copy: it is a copy that was never started\n" in again.stderr


def test_the_end_of_a_log_is_where_the_server_has_written_last(
    primary: Server,
) -> None:
    """Over pages and files, with a record that is longer than a page."""
    binaries = str(primary.binaries.directory)

    def ends_where_it_was_flushed() -> bool:
        found = wal_end.find(str(primary.data), binaries)
        at = wal.number(primary.ask(FLUSHED))
        return isinstance(found, End) and (found.timeline, found.position) == (1, at)

    for statement in (
        "create table t as select repeat(md5(n::text), 100) from generate_series(1, 900) n",
        "select pg_logical_emit_message(true, 'x', repeat('y', 100000))",
        "select pg_switch_wal()",
        "select pg_logical_emit_message(true, 'x', repeat('y', 9000))",
    ):
        primary.ask(statement)
        if "switch" not in statement:
            wait_until(ends_where_it_was_flushed, statement)


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ("kill -KILL $$", "it was killed"),
        (
            "echo 'error: could not read from file: Input/output error' >&2; exit 1",
            "Input",
        ),
    ],
)
def test_a_reader_that_did_not_come_to_the_end_proves_nothing(
    primary: Server, tmp_path: Path, ends: str, why: str
) -> None:
    """Else a directory that is beyond the fork could be streamed to."""
    for path in primary.binaries.directory.iterdir():
        if path.name != "pg_waldump":
            (tmp_path / path.name).symlink_to(path)
    record = "rmgr: XLOG len (rec/tot): 114/ 114, tx: 0, lsn: 0/01000028, prev 0/0"
    script(tmp_path / "pg_waldump", f"echo '{record}'; {ends}")

    found = wal_end.find(str(primary.data), str(tmp_path))

    assert isinstance(found, str)
    assert "pg_waldump has not come to its end" in found
    assert why in found
