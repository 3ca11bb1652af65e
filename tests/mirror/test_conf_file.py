"""postgresql.conf is edited as a whole, where it is, and who else sets the names is told."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections import Counter
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import aside
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_OUT, NAMES_SET
from pgx_mirror.data import conf_check, conf_file, steps
from pgx_mirror.data.conf_text import NoName
from tests.fix_sessions import Connect
from tests.mirror.struck import KILLED, Struck
from tests.mirror.struck import ended as came_to

TEXT = b"# ours\nport = 5432\nsynchronous_standby_names = 'standby1' # there\n"


@pytest.fixture
def where(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir(mode=0o700)
    (path / "postgresql.conf").write_bytes(TEXT)
    return path


@pytest.fixture
def conf(where: Path) -> Path:
    return where / "postgresql.conf"


def test_names_go_out_and_in(conf: Path, dir_fd: int) -> None:
    conf.chmod(0o644)
    for state in (NAMES_OUT, NAMES_BARRIER, NAMES_SET):
        written = conf_file.write(dir_fd, state)

        assert conf_file.read(dir_fd) == written
        assert (written.state, written.name) == (state, "standby1")
    assert conf.read_bytes() == TEXT
    assert stat.S_IMODE(conf.stat().st_mode) == 0o644


def test_what_need_not_change_is_made_durable_all_the_same(
    conf: Path, dir_fd: int
) -> None:
    before = conf.stat().st_ino
    conf_file.write(dir_fd, NAMES_SET)

    assert conf.read_bytes() == TEXT
    assert conf.stat().st_ino != before


def test_without_a_name_nothing_is_written(conf: Path, dir_fd: int) -> None:
    conf.write_bytes(b"port = 1\n")
    before = conf.stat()
    with pytest.raises(NoName):
        conf_file.write(dir_fd, NAMES_SET)

    assert conf.stat() == before
    assert os.listdir(conf.parent) == ["postgresql.conf"]


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_stays_and_its_target_is_replaced(
    conf: Path, dir_fd: int, tmp_path: Path, absolute: bool
) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    conf.rename(etc / "main.conf")
    (etc / "link.conf").symlink_to("main.conf")
    conf.symlink_to(etc / "link.conf" if absolute else "../etc/link.conf")

    conf_file.write(dir_fd, NAMES_OUT)

    assert conf.is_symlink()
    assert (etc / "link.conf").is_symlink()
    assert conf_file.read(dir_fd).state == NAMES_OUT
    assert sorted(os.listdir(etc)) == ["link.conf", "main.conf"]


def test_who_may_only_read_the_links_directory_holds_nothing_up(
    where: Path, conf: Path, tmp_path: Path
) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    conf.rename(etc / "main.conf")
    conf.symlink_to(etc / "main.conf")
    stranger_fd = steps.open_directory(str(etc))
    fcntl.flock(stranger_fd, fcntl.LOCK_EX)

    def done() -> str:
        dir_fd = steps.open_directory(str(where))
        conf_file.take_reserve(dir_fd)
        return conf_file.write(dir_fd, NAMES_OUT).state

    said = aside.ask(done, 60)

    os.close(stranger_fd)
    assert said == NAMES_OUT


@pytest.mark.root
def test_a_file_of_another_user_refuses_a_start(conf: Path, dir_fd: int) -> None:
    os.chown(conf, 65534, 65534)

    [refusal] = conf_check.problems(dir_fd, standby=False)
    assert "belongs to another user" in refusal.primary
    assert conf.read_bytes() == TEXT


@pytest.mark.root
@pytest.mark.parametrize(("mode", "after"), [(0o644, 0o644), (0o654, 0o644)])
def test_what_root_has_put_there_since_is_replaced(
    where: Path, conf: Path, dir_fd: int, os_user: OsUser, mode: int, after: int
) -> None:
    """Else commits would wait for a standby that is dead, until somebody comes."""
    os.chown(where, os_user.uid, os_user.gid)
    conf.chmod(mode)

    assert came_to(lambda: conf_file.write(dir_fd, NAMES_OUT), os_user) == "done"

    found = conf.stat()
    assert conf_file.read(dir_fd).state == NAMES_OUT
    assert (found.st_uid, found.st_gid) == (os_user.uid, os_user.gid)
    assert stat.S_IMODE(found.st_mode) == after


def test_a_circle_of_links_and_no_file_are_errors(conf: Path, dir_fd: int) -> None:
    conf.unlink()
    with pytest.raises(FileNotFoundError):
        conf_file.write(dir_fd, NAMES_OUT)
    conf.symlink_to(conf)
    with pytest.raises(OSError, match="it is a symbolic link"):
        conf_file.write(dir_fd, NAMES_OUT)


def test_who_else_sets_the_names_is_told(where: Path, conf: Path, dir_fd: int) -> None:
    (where / "conf.d").mkdir()
    (where / "conf.d" / "b.conf").write_text("\nSynchronous_Standby_Names = 'b'\n")
    (where / "conf.d" / ".c.conf").write_text("synchronous_standby_names = 'c'\n")
    (where / "conf.d" / "d.txt").write_text("synchronous_standby_names = 'd'\n")
    (where / "one").write_text("include_dir 'conf.d'\n")
    (where / "postgresql.auto.conf").write_text("synchronous_standby_names = ''\n")
    with conf.open("ab") as file:
        file.write(b"include 'one'\ninclude_if_exists 'none'\n")

    found = [(str(s), s.value) for s in conf_file.elsewhere(dir_fd)]

    assert found == [
        ("conf.d/b.conf, line 2", b"b"),
        ("postgresql.auto.conf, line 1", b""),
    ]
    assert conf_file.wrong(dir_fd) == []


def test_what_postgresql_could_not_read_is_told(
    where: Path, conf: Path, dir_fd: int
) -> None:
    (where / "circle").write_text("include 'circle'\n")
    with conf.open("ab") as file:
        file.write(b"include 'none'\na = 'b\ninclude_dir 'none'\ninclude ' '\n")
        file.write(b"include circle\n")

    wrong = conf_file.wrong(dir_fd)
    found = [(s.file, s.line, s.wrong) for s in wrong]

    assert str(wrong[1]) == "postgresql.conf, line 5: it is a syntax error"

    assert found == [
        ("postgresql.conf", 4, 'it includes "none": No such file or directory'),
        ("postgresql.conf", 5, "it is a syntax error"),
        ("postgresql.conf", 6, 'it includes "none": No such file or directory'),
        ("postgresql.conf", 7, 'it includes " ": it names no file'),
        ("circle", 1, 'it includes "circle": it is nested too deeply'),
    ]


def test_a_killed_editor_leaves_the_old_or_the_new_file(
    conf: Path, dir_fd: int, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()
    struck = Struck(lambda: conf_file.write(dir_fd, NAMES_OUT), tmp_path / "log")
    for at, _ in struck.everywhere(KILLED, lambda: conf.write_bytes(TEXT)):
        found = conf_file.read(dir_fd)
        seen[found.state] += 1
        assert found.name == "standby1", at
        conf_file.write(dir_fd, NAMES_SET)
        assert conf.read_bytes() == TEXT, at
        assert os.listdir(conf.parent) == ["postgresql.conf"], at
    assert seen[NAMES_SET] > 3
    assert seen[NAMES_OUT] > 0


def test_a_failed_editor_says_whether_the_file_is_the_old_one(
    conf: Path, dir_fd: int, tmp_path: Path
) -> None:
    struck = Struck(lambda: conf_file.write(dir_fd, NAMES_OUT), tmp_path / "log")
    for at, ended in struck.everywhere("error=EIO", lambda: conf.write_bytes(TEXT)):
        old = conf_file.read(dir_fd).state == NAMES_SET
        want = "OSError" if old else "Unsure"
        assert ended == f"{want} {errno.EIO}", at


@pytest.mark.one_postgres("oldest")
def test_a_server_reads_what_was_written(server: Server, connect: Connect) -> None:
    server.start_plain()
    session = connect(server)
    directory = steps.open_directory(str(server.data))
    owner = server.data.stat()
    if server.user.other:
        os.chown(server.data / "postgresql.conf", os.geteuid(), owner.st_gid)
        (server.data / "postgresql.conf").chmod(0o644)

    def shown() -> str:
        row = session.execute("show synchronous_standby_names").fetchone()
        assert row is not None
        return str(row[0])

    conf_file.write(directory, NAMES_OUT, "standby1")
    for state, value in (
        (NAMES_SET, "standby1"),
        (NAMES_BARRIER, "pgx_mirror_barrier"),
        (NAMES_OUT, ""),
        (NAMES_BARRIER, "pgx_mirror_barrier"),
        (NAMES_SET, "standby1"),
    ):
        conf_file.write(directory, state)
        session.execute("select pg_reload_conf()")
        wait_until(lambda value=value: shown() == value, f"it shows {value!r}")  # type: ignore[misc]
    os.close(directory)
