"""pgx_rcvall on a real server: all rows are back, and what it replaces is kept until then."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.server import Server
from pgx_mirror.core import mark as marks
from pgx_mirror.core.judged import COPY, SIGNAL
from pgx_mirror.core.mark import ALONE, Mark
from pgx_mirror.data import mark_file, steps
from tests.backup.made_backups import (
    SECOND,
    Destination,
    empty,
    errors,
    leftovers,
    numbers,
    tree,
)
from tests.fix_postgres import MakeServer

pytestmark = pytest.mark.one_postgres


@pytest.fixture
def backed_up(make_server: MakeServer, open_tmp: Path, bindir: Path) -> Destination:
    """A backup of a server with row 1; row 2 is archived, row 3 in pg_wal alone; it is dead."""
    server = make_server("data", fsync="on")
    made = Destination(open_tmp / "backup", server, bindir)
    made.make()
    space = open_tmp / "space"
    space.mkdir(mode=0o700)
    server.user.own(space)
    server.configure(**made.archives())
    server.start_plain()
    server.ask(f"create tablespace s location '{space}'")
    server.ask("create table t (n int) tablespace s; insert into t values (1)")
    made.back_up()
    server.ask("insert into t values (2)")
    made.switch_wal()
    server.ask("insert into t values (3)")
    server.stop(signal.SIGQUIT)
    return made


def space_of(made: Destination) -> Path:
    return made.path.parent / "space"


def write_mark(server: Server, state: str, epoch: int) -> None:
    """Write a mark into the data directory, as its controller does."""
    system = "1"
    dir_fd = steps.open_directory(str(server.data))
    mark = Mark("server1", mark_file.new_generation(), system, epoch, state)
    mark_file.write(dir_fd, mark)
    os.close(dir_fd)
    server.user.own(server.data / marks.FILE)


def but_the_log(found: dict[str, bytes | str]) -> dict[str, bytes | str]:
    """Return *found* without what a server has said that could not recover."""
    return {name: what for name, what in found.items() if name != "pgx_rcvall.log"}


def test_every_row_is_back_and_the_mark_is_a_copys(backed_up: Destination) -> None:
    server = backed_up.server
    write_mark(server, ALONE, 7)
    (server.data / SIGNAL).touch()
    conf = server.data / "postgresql.conf"
    conf.write_text(conf.read_text() + "# this server's own\n")

    done = backed_up.restored()

    assert "mc_ctl start --as-primary" in done.stdout
    assert not (server.data / SIGNAL).exists()
    assert conf.read_text().endswith("# this server's own\n")
    dir_fd = steps.open_directory(str(server.data))
    found = mark_file.read(dir_fd, "server1", "")
    os.close(dir_fd)
    assert (found.case, found.mark and found.mark.epoch) == (COPY, 7)
    assert leftovers(space_of(backed_up)) == []
    assert numbers(server) == [1, 2, 3]


def test_into_an_empty_directory_what_is_archived_is_back(
    backed_up: Destination,
) -> None:
    empty(backed_up.server.data)
    empty(space_of(backed_up))
    backed_up.restored()
    assert numbers(backed_up.server) == [1, 2]


def test_pg_wal_behind_a_link_stays_there(backed_up: Destination) -> None:
    server = backed_up.server
    behind = server.data.with_name("wal")
    (server.data / "pg_wal").rename(behind)
    (server.data / "pg_wal").symlink_to(behind)
    (behind / "lost+found").mkdir()
    backed_up.restored()
    assert os.readlink(server.data / "pg_wal") == str(behind)
    assert leftovers(behind) == []
    assert numbers(server) == [1, 2, 3]


def test_a_named_backup_is_restored_and_the_newest_without_a_name(
    backed_up: Destination,
) -> None:
    server = backed_up.server
    server.start_plain()
    second = backed_up.back_up(SECOND)
    server.stop()
    said = backed_up.restored()
    assert second.name in said.stdout
    first = backed_up.restored("--backup=20261129T210308Z_server1")
    assert "20261129T210308Z_server1" in first.stdout
    assert numbers(server) == [1, 2, 3]


def test_a_server_that_runs_and_a_foreign_backup_are_refused(
    backed_up: Destination, make_server: MakeServer
) -> None:
    server = backed_up.server
    server.start_plain()
    done = backed_up.restore()
    assert [line.partition(' "')[0] for line in errors(done)] == [
        "a server runs on data directory"
    ]
    server.stop()
    other = make_server("other", fsync="on")
    pg_control = other.data / "global" / "pg_control"
    data = bytearray(pg_control.read_bytes())
    data[0] ^= 1
    pg_control.write_bytes(data)
    foreign = replace(backed_up, server=other)
    error, *_ = foreign.refused()
    assert error == f'data directory "{other.data}" is not of the backup\'s database'


def test_all_that_is_wrong_is_told_at_once(backed_up: Destination) -> None:
    server, space = backed_up.server, space_of(backed_up)
    (server.data / "global" / "pg_control").write_bytes(b"")
    space.rename(space.with_name("elsewhere"))
    found = backed_up.refused()
    assert found == [
        f'data directory "{server.data}" is not of the backup\'s database',
        f'tablespace 16384 has no directory: "{space}" is not there',
    ]


def test_a_directory_that_is_not_there_is_none_that_refuses(
    backed_up: Destination,
) -> None:
    server = backed_up.server
    server.data.rename(server.data.with_name("elsewhere"))
    server.data = server.data / "not" / "there"
    assert f'there is no directory "{server.data.parent}"' in backed_up.refused()


def test_a_truncated_backup_and_a_manifest_that_does_not_fit_are_found_out(
    backed_up: Destination,
) -> None:
    base = next((backed_up.path / "backup").iterdir()) / "base"
    before = tree(backed_up.server.data)
    victim = max((base / "base").rglob("*"), key=lambda path: path.lstat().st_size)
    whole = victim.read_bytes()
    for content in (whole[:-8192], whole[:-1] + bytes([whole[-1] ^ 1])):
        victim.write_bytes(content)
        done = backed_up.restore()
        assert done.returncode == 1
        assert "is not whole" in errors(done)[0]
        assert but_the_log(tree(backed_up.server.data)) == before
    victim.write_bytes(whole)
    manifest = base / "backup_manifest"
    manifest.write_text(manifest.read_text().replace('"Size": ', '"Size": 1', 1))
    done = backed_up.restore()
    assert "is not whole" in errors(done)[0]
    assert but_the_log(tree(backed_up.server.data)) == before
    assert leftovers(space_of(backed_up)) == []
    assert numbers(backed_up.server) == [1, 2, 3]


def test_a_gap_is_named_and_what_is_before_it_restored_by_an_explicit_word(
    backed_up: Destination,
) -> None:
    server = backed_up.server
    server.start_plain()
    backed_up.switch_wal()
    server.ask("insert into t values (4)")
    backed_up.switch_wal()
    server.stop(signal.SIGQUIT)
    empty(server.data)
    empty(space_of(backed_up))
    segments = sorted(
        path for path in backed_up.archive.iterdir() if len(path.name) == 24
    )
    gone_ = segments[-2]
    assert int(gone_.name, 16) == int(segments[-1].name, 16) - 1
    gone_.unlink()

    (error,) = backed_up.refused()
    assert error == f"the write-ahead log has a gap: {gone_.name}"
    backed_up.restored("--up-to-gap")
    assert numbers(server) == [1, 2]


def test_a_segment_of_another_content_is_named(backed_up: Destination) -> None:
    empty(backed_up.server.data)
    empty(space_of(backed_up))
    segments = sorted(
        path for path in backed_up.archive.iterdir() if len(path.name) == 24
    )
    segments[-1].write_bytes(segments[-2].read_bytes())
    before = tree(backed_up.server.data)
    done = backed_up.restore()
    assert errors(done) == [f"the write-ahead log has a gap: {segments[-1].name}"]
    assert "its content is that of another file of the log" in done.stderr
    assert tree(backed_up.server.data) == before


def test_log_that_cannot_be_read_within_a_file_is_told_and_the_old_data_is_back(
    backed_up: Destination,
) -> None:
    """Its head is sound: PostgreSQL takes what is behind it for the end, and says nothing."""
    server = backed_up.server
    server.start_plain()
    for number in (4, 5):
        server.ask(f"insert into t values ({number})")
        backed_up.switch_wal()
    server.stop(signal.SIGQUIT)
    segments = sorted(
        path for path in backed_up.archive.iterdir() if len(path.name) == 24
    )
    victim = segments[-2]
    data = bytearray(victim.read_bytes())
    data[40:8192] = bytes(8192 - 40)
    victim.write_bytes(data)
    before = tree(server.data)
    done = backed_up.restore()
    (error,) = errors(done)
    assert "cannot be followed to its end" in error
    assert victim.name in error
    assert "putting back what was there" in done.stderr
    assert "pgx_rcvall.log" in tree(server.data)
    assert but_the_log(tree(server.data)) == before
