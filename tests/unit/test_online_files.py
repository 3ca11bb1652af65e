"""What pgx_online reads from files before it starts anything."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from pgx_agent.online import new_monitor
from pgx_base import files, locks
from pgx_base.failure import Failure
from pgx_postgres import binaries, control, server_log, tablespaces
from pgx_postgres.running import server

# --- pg_control, PG_VERSION ---------------------------------------------------


def _instance(path: Path, major: str = "15\n", head: bytes | None = None) -> str:
    (path / "global").mkdir(parents=True)
    (path / "PG_VERSION").write_text(major)
    wanted = struct.pack("=QII", 42, 1300, 202209061)
    (path / "global/pg_control").write_bytes(wanted if head is None else head)
    return str(path)


def test_the_head_of_the_control_file(tmp_path: Path) -> None:
    found = control.read(_instance(tmp_path))

    assert found == control.Control(15, 42, 202209061)
    assert found.tablespace_directory == "PG_15_202209061"


@pytest.mark.parametrize("head", [b"", b"\0" * 16, b"\xff" * 16, b"short"])
def test_a_broken_control_file_is_refused(tmp_path: Path, head: bytes) -> None:
    with pytest.raises(Failure, match="could not read"):
        control.read(_instance(tmp_path, head=head))


@pytest.mark.parametrize("text", ["", "x\n", "\xff", "12\n", "9.6\n"])
def test_a_version_that_is_none_or_too_old_is_refused(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(Failure):
        control.read_major(_instance(tmp_path, text))


def test_a_directory_without_an_instance_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        control.read_major(str(tmp_path))

    assert caught.value.primary == f'no instance in data directory "{tmp_path}"'
    assert caught.value.detail is not None
    assert "No such file or directory" in caught.value.detail


# --- tablespaces --------------------------------------------------------------


def _spaces(path: Path) -> Path:
    (path / "pg_wal").mkdir()
    (path / "pg_tblspc").mkdir()
    (path / "ts" / "PG_15_1").mkdir(parents=True)
    (path / "pg_tblspc" / "16384").symlink_to(path / "ts")
    return path


def test_complete_tablespaces_are_no_problem(tmp_path: Path) -> None:
    spaces = tablespaces.find(str(_spaces(tmp_path)))

    assert [space.role for space in spaces] == ["wal", "16384"]
    assert tablespaces.problems(spaces, "PG_15_1") == []


def test_a_tablespace_without_this_versions_part_is_named(tmp_path: Path) -> None:
    spaces = tablespaces.find(str(_spaces(tmp_path)))
    (problem,) = tablespaces.problems(spaces, "PG_18_2")

    assert problem.primary.startswith("tablespace 16384 is not mounted")


def test_a_log_directory_that_is_away_is_named(tmp_path: Path) -> None:
    _spaces(tmp_path)
    (tmp_path / "pg_wal").rmdir()
    (tmp_path / "pg_wal").symlink_to("/nowhere/wal")
    (problem,) = tablespaces.problems(tablespaces.find(str(tmp_path)), "PG_15_1")

    assert problem.primary == 'pg_wal is not mounted: "/nowhere/wal" is not complete'


# --- binaries -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("postgres (PostgreSQL) 18.0", 18),
        ("postgres (PostgreSQL) 19devel", 19),
        ("postgres (PostgreSQL) 18beta1", 18),
        ("", None),
        ("something else", None),
    ],
)
def test_the_major_version_of_a_program(text: str, major: int | None) -> None:
    assert binaries.parse_version(text) == major


def test_a_directory_with_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("")
    (tmp_path / "postgres").chmod(0o755)
    with pytest.raises(Failure) as caught:
        binaries.find(str(tmp_path), 15, lambda _: "postgres (PostgreSQL) 14.1")

    assert f"{tmp_path}: 14" in (caught.value.detail or "")


def _refuse_to_run(_: str) -> str:
    raise TimeoutError(110, "no answer within 10 s")


def test_a_given_directory_whose_server_does_not_answer_is_told_apart(
    tmp_path: Path,
) -> None:
    (tmp_path / "postgres").write_text("")
    (tmp_path / "postgres").chmod(0o755)
    with pytest.raises(Failure) as caught:
        binaries.find(str(tmp_path), 15, _refuse_to_run)

    detail = caught.value.detail or ""
    assert "could not be asked for its version, no answer within 10 s" in detail


# --- what the server said -----------------------------------------------------


def test_the_servers_own_log_is_quoted_where_it_took_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "log").mkdir(parents=True)
    (data / "current_logfiles").write_text("stderr log/a.log\ncsvlog log/a.csv\n")
    (data / "log" / "a.log").write_text("FATAL:  of yesterday\n")
    (tmp_path / "server.log").write_text("LOG:  old\n")
    dir_fd = files.open_workdir(str(tmp_path))
    try:
        before = server_log.mark(dir_fd, str(data))
        with (data / "log" / "a.log").open("a") as file:
            file.write("FATAL:  of today\n")
        with (tmp_path / "server.log").open("a") as file:
            file.write("LOG:  redirecting\n")

        assert server_log.since(dir_fd, str(data), before) == ["FATAL: of today"]
    finally:
        os.close(dir_fd)


def test_a_log_that_was_copied_and_truncated_meanwhile_is_read_from_its_beginning(
    tmp_path: Path,
) -> None:
    (tmp_path / "server.log").write_text("LOG:  long before\n" * 100)
    dir_fd = files.open_workdir(str(tmp_path))
    try:
        before = server_log.mark(dir_fd, str(tmp_path))
        (tmp_path / "server.log").write_text("FATAL:  of today\n")

        assert server_log.since(dir_fd, str(tmp_path), before) == ["FATAL: of today"]
    finally:
        os.close(dir_fd)


def test_a_link_in_place_of_the_log_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "server.log").symlink_to("/etc/passwd")
    dir_fd = files.open_workdir(str(tmp_path))
    try:
        with pytest.raises(OSError):
            server_log.open_for_output(dir_fd)
    finally:
        os.close(dir_fd)


# --- the monitor's first word, the server's command line ------------------------


@pytest.mark.parametrize(
    ("line", "outcome", "why"),
    [
        ("online 12 345\n", "online", ""),
        ("online 12 345 a database is shut\n", "online", "a database is shut"),
        ("shut XX000 and XX000\n", "shut", "XX000 and XX000"),
        ("faulted no answer within 1 s\n", "faulted", "no answer within 1 s"),
        ("gone it exited\n", "gone", "it exited"),
        ("", "lost", ""),
        ("lost another monitor lives\n", "lost", "another monitor lives"),
        ("something else\n", "lost", ""),
    ],
)
def test_the_first_word_of_a_monitor(line: str, outcome: str, why: str) -> None:
    found = new_monitor.parse(line)

    assert (found.outcome, found.why) == (outcome, why)


def test_a_relocated_configuration_is_an_option_and_a_stale_pid_a_variable() -> None:
    order = server.Order("/b", "/d", "/c.conf", {"A": "1"}, 3, None, 77)

    assert order.arguments() == [
        *("/b/postgres", "-D", "/d", "-c", "data_directory=/d"),
        *("-c", "config_file=/c.conf"),
    ]
    assert order.environment() == {"A": "1", "PG_GRANDPARENT_PID": "77"}


def test_nobody_is_named_a_grandparent_without_proof() -> None:
    order = server.Order("/b", "/d", "", {}, 3, None)

    assert order.arguments() == ["/b/postgres", "-D", "/d", "-c", "data_directory=/d"]
    assert order.environment() == {}


def test_the_child_keeps_no_lock_of_the_script_that_forks_it(tmp_path: Path) -> None:
    """One that is stopped before it is the server would hold on to it for ever."""
    fd = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    assert locks.take(fd, locks.EXCLUSIVE)
    log_fd = os.open("/dev/null", os.O_WRONLY)
    forked = server.fork(server.Order("/nowhere", "/d", "", {}, log_fd, None))
    other = os.open(tmp_path / "lock", os.O_RDWR)
    try:
        wait_until(lambda: not _has_open(forked.pid, tmp_path), "the child has let go")
        os.close(fd)
        assert not locks.is_held(other, locks.EXCLUSIVE)
    finally:
        forked.abandon()
        os.waitpid(forked.pid, 0)
        for each in (log_fd, other, forked.pidfd):
            os.close(each)


def _has_open(pid: int, directory: Path) -> bool:
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith(str(directory)):
                return True
        except FileNotFoundError:
            pass  # closed since it was listed
    return False
