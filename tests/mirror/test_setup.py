"""mc_ctl setup on real servers: a standby is made, or nothing was begun."""

from __future__ import annotations

import os
import re
import signal

import pytest

from fixtures.disk import Disk
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core.mark import ALONE, NEW, PAIR, Mark
from pgx_mirror.setup import unfinished
from tests.fix_mcdir import Mcdir
from tests.fix_postgres import MakeServer
from tests.mirror.setups import (
    arguments,
    errors,
    mark_of,
    run_standby,
    setup,
    system_of,
    untouched,
    write_mark,
)

SLOT = "pgx_mirror_nd2"
_LITTLE = 10 << 20  # bytes: no database fits in


def test_a_standby_is_made_and_follows(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert made.stdout == (
        'server "nd2" is a standby of "nd1":'
        " look through its postgresql.conf, then mc_ctl start\n"
    )
    for text in ("waiting for the primary's checkpoint", "copying", "copied 100 %"):
        assert f"mc_ctl: {text}" in made.stderr
    mark = mark_of(standby)
    assert (mark.owner, mark.state, mark.epoch) == ("nd2", NEW, 0)
    assert mark.system == system_of(primary)
    assert len(mark.generation) == 32
    assert mark.inode and mark.directory
    conf = (standby.data / "postgresql.conf").read_text()
    assert "# mine" in conf
    assert "\nsynchronous_standby_names = 'nd1'" in conf
    auto = (standby.data / "postgresql.auto.conf").read_text()
    assert "application_name=nd2_joining" in auto
    assert f"primary_slot_name = '{SLOT}'" in auto
    assert (standby.data / "standby.signal").exists()
    assert unfinished.of(str(mcdir.path), "nd2") is None
    # What is written before the first start is kept.
    for _ in range(3):
        primary.ask(
            "select pg_switch_wal(); create table x (); drop table x; checkpoint"
        )
    run_standby(primary, standby)
    assert primary.ask(
        "select application_name, sync_state from pg_stat_replication"
    ) == ("nd2_joining|async")


@pytest.mark.one_postgres
def test_all_refusals_are_told_at_once_and_before_a_byte(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    primary.configure(synchronous_standby_names="nd2")
    primary.ask("select pg_reload_conf()", "postgres")
    shown = "show synchronous_standby_names"
    wait_until(lambda: primary.ask(shown) == "nd2", "the name is read")
    space = primary.data.parent / "space"
    space.mkdir()
    mcdir.user.own(space)
    local = ["-d", "postgres", "-c", "set synchronous_commit = local"]
    primary.psql(*local, "-c", f"create tablespace s location '{space}'")
    (standby.data / "letter").write_text("dear")

    assert errors(setup(mcdir, primary)) == [
        "the primary waits for a standby already",
        "the primary has tablespaces, and both servers are on one host",
        f'data directory "{standby.data}" is not empty, and not this server\'s',
    ]
    assert [path.name for path in standby.data.iterdir()] == ["letter"]
    untouched(mcdir, primary)


@pytest.mark.one_postgres
def test_a_name_that_the_primary_does_not_expect_is_refused_before_a_byte(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """The controller has commented it out, so that it is not in effect."""
    conf = primary.data / "postgresql.conf"
    text = conf.read_text()
    conf.write_text(f"{text}\n#synchronous_standby_names = 'node2'\n")
    (standby.data / "letter").write_text("dear")

    refused = setup(mcdir, primary)

    assert "the primary expects a standby of another name than" in errors(refused)[0]
    assert "Give --standby-name=node2" in refused.stderr
    assert [path.name for path in standby.data.iterdir()] == ["letter"]
    untouched(mcdir, primary)

    (standby.data / "letter").unlink()
    conf.write_text(text)
    made = setup(mcdir, primary)
    assert made.returncode == 0
    assert 'whether the primary expects the name "nd2" is not known' in made.stderr


@pytest.mark.one_postgres
def test_who_cannot_log_in_is_told_what_is_needed(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    hba = primary.data / "pg_hba.conf"
    hba.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    os.kill(primary.pid() or 0, signal.SIGHUP)
    probe = ["-h", "127.0.0.1", "-w", "-d", "postgres", "-c", "select 1"]
    wait_until(lambda: primary.psql(*probe).returncode != 0, "the file is read")
    refused = setup(mcdir, primary)

    (error,) = errors(refused)
    assert error.startswith(f"could not ask the primary at 127.0.0.1:{primary.port}: ")
    assert (
        f".pgpass here one for 127.0.0.1:{primary.port}:replication:" in refused.stderr
    )
    assert list(standby.data.iterdir()) == []
    untouched(mcdir, primary)


@pytest.mark.one_postgres("oldest")
def test_who_has_the_manuals_lines_alone_gets_a_standby(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """The standby's host is let in for replication, and for nothing else (6.3.2)."""
    name = primary.user.name
    primary.ask(f"alter role {name} password 'Geheim'")
    hba = primary.data / "pg_hba.conf"
    hba.write_text(
        "local all all trust\nhost replication all 127.0.0.1/32 scram-sha-256\n"
    )
    passfile = mcdir.home / ".pgpass"
    passfile.write_text(f"127.0.0.1:{primary.port}:replication:{name}:Geheim\n")
    passfile.chmod(0o600)
    mcdir.user.own(passfile)
    os.kill(primary.pid() or 0, signal.SIGHUP)
    made = setup(mcdir, primary, "-P", "Geheim")

    assert made.returncode == 0, made.stderr
    assert 'mc_ctl: warning: option "-P" is ignored\n' in made.stderr
    assert "tablespaces and mark of the primary are not looked at" in made.stderr
    assert "Geheim" not in (standby.data / "postgresql.auto.conf").read_text()
    run_standby(primary, standby)


def test_a_server_whose_controller_runs_is_not_set_up(mcdir: Mcdir) -> None:
    where = ["-r", "standby", "-h", "127.0.0.1", "-p", "1", "-U", "u"]
    assert mcdir.of("nd2", "start").returncode == 0
    refused = mcdir.of("nd2", "setup", *where, "--standby-name=nd2")

    assert errors(refused) == ['controller of server "nd2" is running already']


@pytest.mark.one_postgres
def test_a_primary_that_is_not_there_is_told(
    mcdir: Mcdir, make_server: MakeServer
) -> None:
    server = make_server("nd1")
    mcdir.programs.append(server.binaries.directory)
    refused = setup(mcdir, server)
    (error,) = errors(refused)

    assert error.startswith(f"could not ask the primary at 127.0.0.1:{server.port}: ")
    assert "Connection refused" in error
    assert "hint: Start it there (mc_ctl stop, then mc_ctl start)" in refused.stderr


@pytest.mark.one_postgres
def test_a_standby_is_no_source_and_a_running_server_no_place(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    refused = setup(mcdir, primary)
    assert errors(refused) == [f'a server runs on data directory "{standby.data}"']
    stopped = mcdir.of("nd2", "stop")
    assert errors(stopped) == ['controller of server "nd2" is not running']
    for said in (refused.stderr, stopped.stderr):
        assert (
            f"pg_ctl stop -D {standby.data}" in said
        )  # not mc_ctl stop: none is there

    primary.stop(signal.SIGQUIT)
    write_mark(mcdir, primary, Mark("nd1", "g", mark_of(standby).system, 1, "OUT"))
    found = errors(setup(mcdir, standby, server="nd1"))
    assert "the server to be copied is a standby itself" in found


@pytest.mark.one_postgres("oldest")
def test_an_old_primary_is_rebuilt_and_keeps_its_own_conf(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    system = system_of(primary)
    primary.stop(signal.SIGQUIT)
    write_mark(mcdir, primary, Mark("nd1", "g", system, 3, PAIR))
    conf = standby.data / "postgresql.conf"
    conf.write_text(
        re.sub("(?m)^(synchronous_standby_names)", r"#\1", conf.read_text())
    )
    again = ["--standby-name=nd1", *arguments(standby)[:-1]]
    not_yet = errors(mcdir.of("nd1", "setup", *again))
    assert "the server to be copied is a standby itself" in not_yet

    assert standby.ask("select pg_promote(true, 60)") == "t"
    os.kill(standby.pid() or 0, signal.SIGHUP)
    shown = "show synchronous_standby_names"
    wait_until(lambda: standby.ask(shown) == "", "the name is out")
    behind = mcdir.of("nd1", "setup", *again)
    assert errors(behind) == ["this server may have commits that the other one has not"]
    write_mark(mcdir, standby, Mark("nd2", "g", system, 5, ALONE, pair=3))
    made = mcdir.of("nd1", "setup", *again)

    assert made.returncode == 0, made.stderr
    text = (primary.data / "postgresql.conf").read_text()
    assert f"port = '{primary.port}'" in text
    assert "\nsynchronous_standby_names = 'nd2'" in text
    assert mark_of(primary).state == NEW
    primary.start_plain()
    standby.ask("insert into t values (2)")
    wait_until(lambda: primary.ask("select max(n) from t") == "2", "it follows", 60)


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_copy_for_which_there_is_no_room_is_refused(
    mcdir: Mcdir, primary: Server, disk: Disk
) -> None:
    with (disk.point / "filler").open("wb") as filler:
        free = os.statvfs(disk.point)
        os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_frsize - _LITTLE)
    data = disk.point / "nd2"
    data.mkdir(mode=0o700)
    mcdir.user.own(data)
    mcdir.configure("nd2", data)

    (error,) = errors(setup(mcdir, primary))

    assert error == f'there is no room for the primary\'s database in "{data}"'
    assert list(data.iterdir()) == []
    untouched(mcdir, primary)


@pytest.mark.one_postgres
def test_without_a_limit_no_slot_is_made(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """A standby that is away for long would fill the primary's disk."""
    primary.ask("alter system set max_slot_wal_keep_size = '-1'")
    primary.ask("select pg_reload_conf()")
    shown = "show max_slot_wal_keep_size"
    wait_until(lambda: primary.ask(shown) == "-1", "it is read")

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "warning: max_slot_wal_keep_size of the primary is -1\n" in made.stderr
    untouched(mcdir, primary)
    run_standby(primary, standby)
    assert standby.ask("show primary_slot_name") == ""
