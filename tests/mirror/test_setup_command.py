"""mc_ctl setup --method=command: a standby of a backup that another program restores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base.failure import Failure
from pgx_mirror.core.mark import NEW
from pgx_mirror.setup import command_line, commanded, unfinished
from pgx_mirror.setup.choosing import Upstream
from tests.fix_mcdir import Mcdir, Result
from tests.fix_postgres import MakeServer
from tests.mirror.setups import errors, mark_of, run_standby, setup, untouched

_CP = """\
#!/bin/sh
echo "restoring $PGX_SERVER from $PGX_PRIMARY_HOST:$PGX_PRIMARY_PORT"
[ "$PGDATA" = "$1" ] && [ -z "$(ls -A "$1")" ] && [ -z "$PGPASSWORD" ] || exit 9
cp -a "{backup}/." "$1"
{more}
echo done >&2
"""


@pytest.fixture
def backup(primary: Server) -> Path:
    """A base backup of the primary, without write-ahead log."""
    return take(primary, primary.data.parent / "home" / "backup")


def take(primary: Server, path: Path, *more: str) -> Path:
    line = [
        f"{primary.binaries.directory}/pg_basebackup",
        "-D",
        str(path),
        "-c",
        "fast",
    ]
    where = ["-h", "127.0.0.1", "-p", str(primary.port), "-X", "none", *more]
    primary.user.run([*line, *where])
    return path


Restoring = Callable[..., Result]


@pytest.fixture
def restored(
    mcdir: Mcdir, primary: Server, standby: Server, program_home: Path, backup: Path
) -> Restoring:
    """Set up by a program that copies the backup, and does *more*."""

    def run(more: str = "", of: Path = backup) -> Result:
        path = program_home / "restore it"
        path.write_text(_CP.format(backup=of, more=more))
        path.chmod(0o755)
        mcdir.secret_environment["PGPASSWORD"] = "Geheim"
        return setup(mcdir, primary, "--method=command", f"'{path}' %D")

    return run


def test_a_backup_becomes_a_standby_that_follows(
    primary: Server, standby: Server, mcdir: Mcdir, restored: Restoring
) -> None:
    made = restored("touch $PGDATA/recovery.signal")

    assert made.returncode == 0, made.stderr
    where = f"127.0.0.1:{primary.port}"
    for text in (f"restoring nd2 from {where}", "done", "syncing"):
        assert f"mc_ctl: {text}\n" in made.stderr
    mark = mark_of(standby)
    assert (mark.owner, mark.state, mark.epoch) == ("nd2", NEW, 0)
    conf = (standby.data / "postgresql.conf").read_text()
    assert "# mine" in conf
    assert "\nsynchronous_standby_names = 'nd1'" in conf
    auto = (standby.data / "postgresql.auto.conf").read_text()
    assert "application_name=''nd2_joining''" in auto
    assert "primary_slot_name = 'pgx_mirror_nd2'" in auto
    assert (standby.data / "standby.signal").exists()
    assert not (standby.data / "recovery.signal").exists()
    assert unfinished.of(str(mcdir.path), "nd2") is None
    # What the backup needs is kept until it is started.
    for _ in range(3):
        primary.ask(
            "select pg_switch_wal(); create table x (); drop table x; checkpoint"
        )
    run_standby(primary, standby)


def test_a_backup_whose_log_the_primary_has_no_more_is_refused_without_an_archive(
    primary: Server, standby: Server, mcdir: Mcdir, restored: Restoring
) -> None:
    for _ in range(3):
        primary.ask(
            "create table x (); drop table x; select pg_switch_wal(); checkpoint"
        )

    said = "the primary no longer has the write-ahead log that the backup needs"
    refused = restored()

    assert errors(refused) == [said]
    assert "restore_command is not set" in refused.stderr
    assert list(standby.data.iterdir()) == []
    untouched(mcdir, primary)

    conf = mcdir.path / "nd2.postgresql.conf"
    conf.write_text(f"{conf.read_text()}\nrestore_command = 'cp /archive/%f %p'\n")
    made = restored()
    assert made.returncode == 0, made.stderr
    assert "what the primary has no more is fetched by restore_command" in made.stderr


_NO_GOOD = (
    ("exit 3", "the command could not restore the data directory"),
    ("rm $1/global/pg_control", "the command has restored no data directory"),
    ("echo 14 >$1/PG_VERSION", "what the command has restored is of PostgreSQL 14"),
    (  # all servers of these tests are of one initdb: its identifier's first byte
        "printf x | dd of=$1/global/pg_control conv=notrunc bs=1 2>/dev/null",
        "what the command has restored is of another database",
    ),
    ("rm $1/backup_label", "what the command has restored has no backup_label"),
    ("echo hello >$1/backup_label", 'backup_label" cannot be understood'),
    (
        "sed -i 's/TIMELINE: 1/TIMELINE: 7/' $1/backup_label",
        "what the command has restored is not of the primary's line",
    ),
    (
        "echo \"recovery_target_name = 'x'\" >>$1/postgresql.auto.conf",
        "recovery_target_name is set in what the command has restored",
    ),
    (
        "echo \"frob = 'x'\" >>$1/postgresql.auto.conf",
        "what the command has restored cannot be started: ",
    ),
)


@pytest.mark.one_postgres
def test_what_is_no_good_leaves_nothing(
    primary: Server, standby: Server, mcdir: Mcdir, restored: Restoring
) -> None:
    for more, said in _NO_GOOD:
        (error,) = errors(refused := restored(more))

        assert said in error, more
        if "exit 3" in more:
            assert "restore it has ended with exit status 3" in refused.stderr
        untouched(mcdir, primary)
        assert list(standby.data.iterdir()) == [], more


@pytest.mark.one_postgres
def test_a_program_that_others_may_change_is_refused_before_a_byte(
    primary: Server, standby: Server, mcdir: Mcdir, program_home: Path
) -> None:
    path = program_home / "restore"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o777)
    (standby.data / "letter").write_text("dear")

    refused = errors(setup(mcdir, primary, "--method=command", str(path)))

    assert (
        f'command "{path}" cannot be called: it is writable by others (mode 0777)'
        in refused
    )
    assert [one.name for one in standby.data.iterdir()] == ["letter"]
    untouched(mcdir, primary)


@pytest.mark.one_postgres
def test_what_it_leaves_running_is_ended(
    primary: Server, standby: Server, mcdir: Mcdir, restored: Restoring
) -> None:
    """It must not write into a directory that is started meanwhile."""
    pid = standby.data.parent / "home" / "pid"

    made = restored(f"sleep 600 & echo $! >{pid}")

    assert made.returncode == 0, made.stderr
    there = Path(f"/proc/{pid.read_text().strip()}")
    wait_until(lambda: not there.exists(), "it is gone")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'option "--method=command" needs a command'),
        ("restore x", 'command "restore x" does not begin with an absolute path'),
        ("/restore 'x", "cannot be split: No closing quotation"),
        ("/restore %p", 'command "/restore %p" has a placeholder that is none: "%p"'),
        ("/restore a%", 'has a placeholder that is none: "%"'),
    ],
)
def test_a_line_that_cannot_be_run_is_wrong_usage(text: str, said: str) -> None:
    (problem,) = command_line.problems(text)

    assert said in problem.primary


def test_no_shell_sees_the_line() -> None:
    line = "/r --a='b c' %D/x \"100%%\" $HOME `id` ; *"

    assert command_line.problems(line) == []
    assert command_line.words(line, "/d %D") == (
        "/r", "--a=b c", "/d %D/x", "100%", "$HOME", "`id`", ";", "*",
    )  # fmt: skip


def test_a_command_goes_with_that_method_alone(mcdir: Mcdir) -> None:
    given = ["-r", "standby", "-U", "u", "-h", "h", "-p", "1", "--standby-name=s"]
    for more, said in (
        (["/restore"], 'unexpected argument "/restore"'),
        (["--method=copy", "/restore"], 'unexpected argument "/restore"'),
        (["--method=command"], 'option "--method=command" needs a command'),
        (["--method=command", "/a", "b"], 'unexpected argument "b"'),
    ):
        done = mcdir.of("nd2", "setup", *given, *more)
        assert done.returncode == 2
        assert f"mc_ctl: error: {said}\n" in done.stderr


_CAME = Upstream(3, 900, ((1, 300), (2, 600)))


@pytest.mark.parametrize(
    ("timeline", "position", "fits"),
    [(1, 300, True), (1, 301, False), (2, 600, True), (3, 900, True), (3, 901, False),
     (4, 100, False)],
)  # fmt: skip
def test_a_backup_is_of_the_primarys_line_or_not(
    timeline: int, position: int, *, fits: bool
) -> None:
    why = commanded.apart(commanded.Start(timeline, position), _CAME)

    assert (why == "") == fits


def test_a_stopped_servers_files_need_no_label(
    make_server: MakeServer, standby: Server, primary: Server
) -> None:
    binaries = str(primary.binaries.directory)
    with pytest.raises(Failure, match="no backup_label"):
        commanded.start_of(str(primary.data), binaries)
    primary.stop()

    assert commanded.start_of(str(primary.data), binaries).timeline == 1
