"""mc_ctl setup --method=rewind: a server that went its own way follows the primary again."""

from __future__ import annotations

import signal

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core.mark import GIVEN, NEW, Mark
from pgx_mirror.setup import unfinished
from tests.fix_mcdir import Mcdir
from tests.mirror.by_hand import (
    COMMITS,
    REFUSED,
    STANDBY,
    WAITS,
    outcome,
    outcomes,
)
from tests.mirror.programs import script
from tests.mirror.setups import (
    arguments,
    errors,
    mark_of,
    run_standby,
    setup,
    system_of,
    untouched,
    unused,
    write_mark,
)

REWIND = "--method=rewind"
LOCAL = "set synchronous_commit = local"
NEXT_FILE = ("create table more{} ()", "select pg_switch_wal()", "checkpoint")
LOSE_LOG = (
    "select pg_drop_replication_slot(SLOT)",
    *(sql.format(number) for number in range(3) for sql in NEXT_FILE),
)


@pytest.fixture
def deposed(mcdir: Mcdir, primary: Server, standby: Server) -> Server:
    """A server with a commit of its own, whose mark is a deposed primary's; it is stopped."""
    with (mcdir.path / "nd2.postgresql.conf").open("a") as conf:
        conf.write("wal_log_hints = on\n")
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    # The last checkpoint of both is to be in the WAL that is here, as with any older server.
    primary.ask("checkpoint; create table of_both ()")
    seen = "select count(*) from pg_class where relname = 'of_both'"
    wait_until(lambda: standby.ask(seen) == "1", "it has followed")
    standby.psql("-d", "postgres", "-c", "select pg_promote()")
    primary.ask("create table theirs (n int); insert into theirs values (1)")
    standby.psql("-d", "template1", "-c", LOCAL, "-c", "insert into t values (666)")
    assert standby.ask("select count(*) from t") == "2"
    standby.stop()
    unused(primary)
    mark = Mark("nd2", "g", system_of(primary), 4, GIVEN)
    write_mark(mcdir, standby, mark)
    return standby


def die(server: Server) -> None:
    """Have it run again, and end without a checkpoint; it has got a standby.signal then."""
    server.start_plain()
    (server.data / "standby.signal").touch()
    server.user.own(server.data / "standby.signal")
    server.crash()


def lose_log(primary: Server) -> None:
    """Have the primary remove what it has written since both went apart."""
    for sql in LOSE_LOG:
        primary.ask(sql.replace("SLOT", "'pgx_mirror_nd2'"))


def inode_of_a_table(server: Server) -> int:
    """Return which file a table of PostgreSQL's own is: another one in a copy."""
    return (server.data / "base/1/2619").stat().st_ino


def is_rewound(primary: Server, server: Server) -> None:
    """It follows, and what the primary has not is gone."""
    server.start_plain()
    primary.ask("insert into theirs values (2)")
    wait_until(
        lambda: server.ask("select count(*) from theirs", fails="") == "2",
        "follows",
        60,
    )
    assert server.ask("select n from t") == "1"
    assert server.ask("select pg_is_in_recovery()") == "t"
    streams = "select application_name, (select active from pg_replication_slots)"
    assert primary.ask(f"{streams} from pg_stat_replication") == "nd2_joining|t"


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGKILL])
def test_a_deposed_primary_is_rewound(
    mcdir: Mcdir, primary: Server, deposed: Server, ends: signal.Signals
) -> None:
    """Also one that was not stopped cleanly: it is recovered first, as no standby."""
    if ends == signal.SIGKILL:
        die(deposed)
    was = inode_of_a_table(deposed)

    made = setup(mcdir, primary, REWIND)

    assert made.returncode == 0, made.stderr
    assert "mc_ctl: both have gone apart\n" in made.stderr
    assert "mc_ctl: copying what has changed\n" in made.stderr
    assert inode_of_a_table(deposed) == was
    mark = mark_of(deposed)
    assert (mark.owner, mark.state, mark.epoch) == ("nd2", NEW, 0)
    assert mark.generation != "g"
    conf = (deposed.data / "postgresql.conf").read_text()
    assert "# mine" in conf
    assert "\nsynchronous_standby_names = 'nd1'" in conf
    assert unfinished.of(str(mcdir.path), "nd2") is None
    is_rewound(primary, deposed)


@pytest.mark.one_postgres
def test_one_that_was_cut_short_is_never_started_and_then_copied(
    mcdir: Mcdir, primary: Server, deposed: Server
) -> None:
    real = primary.binaries.directory
    place = mcdir.home / "programs"
    place.mkdir()
    linked = ("postgres", "psql", "pg_controldata", "pg_basebackup", "pg_waldump")
    for name in linked:
        (place / name).symlink_to(real / name)
    (place / "pg_rewind").write_text("#!/bin/sh\necho broken off >&2; exit 1\n")
    (place / "pg_rewind").chmod(0o755)
    mcdir.programs.insert(0, place)

    failed = setup(mcdir, primary, REWIND)

    assert "mc_ctl: hint: Run mc_ctl setup again, without --method" in failed.stderr
    assert errors(failed) == ["could not rewind the data directory"]
    assert mark_of(deposed).state == NEW
    refused = (
        f'data directory "{deposed.data}" is not whole: its setup was not finished'
    )
    assert errors(mcdir.of("nd2", "start")) == [refused]
    note = mcdir.path / unfinished.name_of("nd2")
    note.unlink()  # as with a management directory that was put back from an archive
    assert errors(mcdir.of("nd2", "start")) == [refused]
    assert outcome(deposed) == REFUSED
    mcdir.programs.pop(0)
    (nothing,) = errors(setup(mcdir, primary, REWIND))
    assert nothing.startswith("there is nothing to rewind")
    assert setup(mcdir, primary).returncode == 0
    is_rewound(primary, deposed)


@pytest.mark.root
def test_cut_short_anywhere_and_started_by_hand_its_commits_wait(
    mcdir: Mcdir, primary: Server, deposed: Server
) -> None:
    """The names are set here, and out on the primary, whose postgresql.conf comes."""
    deposed.configure(synchronous_standby_names="nd1")
    die(deposed)

    seen = outcomes(mcdir, deposed, *arguments(primary, REWIND))

    assert COMMITS not in seen
    assert seen[-1] == STANDBY
    assert {WAITS, REFUSED} < set(seen), seen


@pytest.mark.one_postgres
def test_what_cannot_be_rewound_is_left_as_it_is(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    (nothing,) = errors(setup(mcdir, primary, REWIND))
    assert nothing.startswith("there is nothing to rewind")
    if primary.ask("show data_checksums") == "on":  # as PostgreSQL 18 has it
        primary.stop()
        program = str(primary.binaries.path("pg_checksums"))
        primary.user.run([program, "--disable", str(primary.data)])
        primary.start_plain()
    assert setup(mcdir, primary).returncode == 0  # without wal_log_hints
    before = mark_of(standby)

    refused = setup(mcdir, primary, REWIND)

    (unlogged,) = errors(refused)
    assert unlogged.endswith("has not logged what a rewind needs")
    assert mark_of(standby) == before
    assert unfinished.of(str(mcdir.path), "nd2") is None


@pytest.mark.one_postgres
def test_a_role_that_may_not_read_the_primarys_files_is_refused(
    mcdir: Mcdir, primary: Server, deposed: Server
) -> None:
    primary.ask("create role plain login replication")
    where = ["-h", "127.0.0.1", "-p", str(primary.port), "--standby-name=nd2"]
    primary.ask("select pg_drop_replication_slot('pgx_mirror_nd2')")
    before = mark_of(deposed)

    asked = ["setup", "-r", "standby", "-U", "plain", *where, REWIND]
    refused = mcdir.of("nd2", *asked)

    assert errors(refused) == ["pg_rewind would not be let in by the primary"]
    assert mark_of(deposed) == before
    untouched(mcdir, primary)


def test_a_log_that_has_gone_is_missed_before_a_server_waits_for_it(
    mcdir: Mcdir, primary: Server, deposed: Server
) -> None:
    """pg_rewind has no word for it: it copies what files there are when it comes to them."""
    real = primary.binaries.directory
    where = f"-h 127.0.0.1 -p {primary.port} -U {primary.user.name} -d postgres"
    slot = "'pgx_mirror_nd2'"
    psql = f"{real}/psql -Xq {where}"  # again where a sender has the slot still
    lose = [f'until {psql} -c "{sql}"; do sleep 0.1; done\n' for sql in LOSE_LOG]
    text = "".join(lose).replace("SLOT", slot)
    place = mcdir.home / "programs"
    place.mkdir()
    for path in real.iterdir():
        if path.name != "pg_rewind":
            (place / path.name).symlink_to(path)
    script(place / "pg_rewind", f'{text}exec {real}/pg_rewind "$@"')
    mcdir.programs.insert(0, place)

    (error,) = errors(setup(mcdir, primary, REWIND))

    assert error == "the primary no longer has the write-ahead log that a rewind needs"
    assert outcome(deposed) == REFUSED
    assert setup(mcdir, primary).returncode == 0
    is_rewound(primary, deposed)


@pytest.mark.one_postgres
def test_a_log_that_has_gone_already_is_missed_before_anything_is_begun(
    mcdir: Mcdir, primary: Server, deposed: Server
) -> None:
    before = mark_of(deposed)
    lose_log(primary)

    (error,) = errors(setup(mcdir, primary, REWIND))

    assert error.endswith('cannot become a standby\'s by "--method=rewind"')
    assert mark_of(deposed) == before
    untouched(mcdir, primary)


@pytest.mark.one_postgres
def test_where_the_log_has_gone_a_rewind_is_not_begun(
    mcdir: Mcdir, primary: Server, deposed: Server
) -> None:
    lose_log(primary)

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "mc_ctl: not by a rewind: both went apart at " in made.stderr
    assert "both have gone apart\n" not in made.stderr
    is_rewound(primary, deposed)
