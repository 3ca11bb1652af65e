"""pgx_walcopy.cmd: what it archives, what it leaves, and what it says."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.commands import command
from pgx_mirror.backup import walcopy
from pgx_mirror.backup.core import retention
from tests.backup.copying import NAME, PROGRAM, SIZE, Archiving, segment
from tests.fix_disk import MakeDisk

OLD = "pgx_xlogcopy.cmd"


@pytest.mark.parametrize("program", [PROGRAM, OLD])
def test_a_file_is_archived_under_either_name(
    archiving: Archiving, program: str
) -> None:
    content = segment()
    archiving.put(content)

    done = archiving.call(program=program)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert archiving.there() == {NAME: content}
    status = (archiving.archive / NAME).stat()
    assert (status.st_mode & 0o777, status.st_nlink) == (0o600, 1)
    assert status.st_uid == archiving.user.uid


@pytest.mark.parametrize(
    "name",
    ["00000002.history", f"{NAME}.00000028.backup", f"{NAME}.partial", "a name"],
)
def test_whatever_the_server_names_is_archived(archiving: Archiving, name: str) -> None:
    archiving.put(segment(), name)

    assert archiving.call(name).returncode == 0
    assert set(archiving.there()) == {name}


def test_equal_content_is_what_was_wanted(archiving: Archiving) -> None:
    """The other server has archived it, or this one, which was killed before it knew."""
    archiving.put(segment())
    path = archiving.lay(segment())
    before = path.stat()

    assert archiving.call().returncode == 0
    assert archiving.there() == {NAME: segment()}
    assert path.stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("there", "at"),
    [
        (segment(b"y"), 40),
        (segment()[:-1] + b"y", SIZE - 1),
        (segment()[:99], 99),
        (b"", 0),
    ],
)
def test_other_content_is_never_replaced(
    archiving: Archiving, there: bytes, at: int
) -> None:
    """Another timeline's of that number, another database's, or half a file of `cp`."""
    archiving.put(segment())
    archiving.lay(there)

    said = archiving.refused()

    assert archiving.there() == {NAME: there}
    assert said.splitlines()[0] == (
        f'{PROGRAM}: error: archived file "{archiving.archive / NAME}" has other content '
        f'than "pg_wal/{NAME}"'
    )
    assert f"They differ from byte {at} on; it has {len(there)} bytes." in said


@pytest.mark.parametrize("content", [segment()[:-1], segment() + b"x", b""])
@pytest.mark.parametrize("name", [NAME, f"{NAME}.partial"])
def test_a_file_of_the_log_that_is_not_whole_is_refused(
    archiving: Archiving, content: bytes, name: str
) -> None:
    archiving.put(content, name)

    assert f'error: file "pg_wal/{name}" is not whole\n' in archiving.refused(name)
    assert archiving.there() == {}


def test_what_does_not_begin_as_a_page_has_any_length() -> None:
    assert walcopy.length_of(segment()) == SIZE
    for head in (b"", b"text", bytes(99), segment()[:35], b"1 0/3000000 no reason" * 9):
        assert walcopy.length_of(head) == 0


def test_a_file_that_is_gone_or_no_file_is_told(archiving: Archiving) -> None:
    assert f'could not read file "pg_wal/{NAME}": No such file' in archiving.refused()
    (archiving.data / "pg_wal" / NAME).mkdir()
    assert f'error: "pg_wal/{NAME}" is not a regular file' in archiving.refused()
    (archiving.data / "pg_wal" / NAME).rmdir()
    os.mkfifo(archiving.data / "pg_wal" / NAME)
    archiving.user.own(archiving.data / "pg_wal" / NAME)
    assert f'error: "pg_wal/{NAME}" is not a regular file' in archiving.refused()
    assert archiving.there() == {}


def test_no_link_is_followed_to_what_it_leads_to(archiving: Archiving) -> None:
    archiving.put(segment())
    other = archiving.lay(segment(), "other")
    (archiving.archive / NAME).symlink_to(other)

    assert "could not look at archived file" in archiving.refused()

    (archiving.archive / NAME).unlink()
    beside = _beside(archiving)
    beside.symlink_to(other)
    assert archiving.call().returncode == 0
    assert archiving.there() == {NAME: segment(), "other": segment()}
    assert not (archiving.archive / NAME).is_symlink()


def _beside(archiving: Archiving) -> Path:
    here = Path.cwd()
    os.chdir(archiving.data)
    try:
        return Path(walcopy.beside_of(str(archiving.archive / NAME)))
    finally:
        os.chdir(here)


def test_what_a_lost_server_has_left_goes_with_what_no_backup_needs(
    archiving: Archiving,
) -> None:
    """By pgx_dmpall: that server does not come back for it."""
    name = _beside(archiving).name

    assert name.startswith(f".{NAME}.")
    assert retention.unneeded([name], 4 * SIZE, SIZE) == [name]
    assert retention.unneeded([name], 3 * SIZE, SIZE) == []


def test_what_a_killed_call_has_left_goes_with_the_next(archiving: Archiving) -> None:
    archiving.put(segment())
    _beside(archiving).write_bytes(b"half")

    assert archiving.call().returncode == 0
    assert archiving.there() == {NAME: segment()}


def test_a_directory_that_is_not_there_is_not_made(archiving: Archiving) -> None:
    """A file system that is not mounted must not have its mount point filled."""
    archiving.put(segment())
    archiving.archive.rmdir()

    said = archiving.refused()

    assert f'could not make archived file "{archiving.archive / NAME}": No such' in said
    assert "hint: The directory must be there" in said
    assert not archiving.archive.exists()


@pytest.mark.root
def test_anothers_directory_is_told(archiving: Archiving) -> None:
    archiving.put(segment())
    os.chown(archiving.archive, 0, 0)
    archiving.archive.chmod(0o755)

    said = archiving.refused()

    assert "Permission denied" in said
    assert "hint: The instance's OS user must own the directory." in said


@pytest.mark.root
def test_a_full_disk_and_a_dead_one_are_told_and_tried_again(
    archiving: Archiving, make_disk: MakeDisk
) -> None:
    disk = make_disk("archive")
    archiving.archive = disk.point
    archiving.put(segment())
    there = set(os.listdir(disk.point))
    with (disk.point / "filler").open("wb", buffering=0) as filler:
        _fill(filler.fileno())

    said = archiving.refused()

    assert f'write archived file "{disk.point / NAME}": No space left on device' in said
    assert "hint: Make room there" in said
    assert set(os.listdir(disk.point)) == there | {"filler"}

    (disk.point / "filler").unlink()
    assert archiving.call().returncode == 0
    disk.turn_read_only()
    archiving.put(segment(b"y"), "next")
    assert "Read-only file system" in archiving.refused("next")
    disk.fail()
    assert "Input/output error" in archiving.refused("next")


def _fill(fd: int) -> None:
    try:
        while True:
            os.write(fd, bytes(1 << 16))
    except OSError:
        return


def test_a_limit_of_the_caller_is_told_and_leaves_nothing(archiving: Archiving) -> None:
    archiving.put(segment())
    done = subprocess.run(
        archiving.words(),
        cwd=archiving.data,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (99, 99)),
        **archiving.user.popen_options(),
    )

    assert done.returncode == 1
    assert "could not write archived file" in done.stderr
    assert archiving.there() == {}


@pytest.mark.root
def test_root_is_refused(archiving: Archiving) -> None:
    archiving.put(segment())
    done = subprocess.run(
        archiving.words(), cwd=archiving.data, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert f"{PROGRAM}: error: cannot be run as root\n" in done.stderr
    assert archiving.there() == {}


@pytest.mark.parametrize("words", [[], ["one"], ["a", "b", "c"], ["--frob", "b"]])
def test_wrong_usage_is_told(words: list[str]) -> None:
    done = subprocess.run(
        [command(OLD), *words], capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{OLD}: error: ")
    assert f'Try "{OLD} --help" for more information.' in done.stderr


def test_a_log_that_is_full_or_closed_changes_no_exit_code(
    archiving: Archiving,
) -> None:
    words = archiving.words()
    with Path("/dev/full").open("w") as full:
        for redirected in ({"stderr": full, "stdout": full}, {"close_fds": True}):
            done = subprocess.run(
                [
                    "sh",
                    "-c",
                    '"$@"' + ("" if "stderr" in redirected else " 2>&-"),
                    "sh",
                    *words,
                ],
                cwd=archiving.data,
                timeout=60,
                **redirected,
                **archiving.user.popen_options(),
            )
            assert done.returncode == 1


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 40))
def test_where_two_files_differ_is_found(one: bytes, other: bytes, alike: int) -> None:
    """Also where they have a long beginning in common, or one is the other's beginning."""
    one, other = bytes(alike) + one, bytes(alike) + other
    with tempfile.TemporaryFile() as ours, tempfile.TemporaryFile() as theirs:
        for file, content in ((ours, one), (theirs, other)):
            file.write(content)
            file.flush()
        at = walcopy.differ_at(ours.fileno(), "ours", theirs.fileno(), "theirs", 16)

    if at is None:
        assert one == other
    else:
        assert one[:at] == other[:at]
        assert one[at : at + 1] != other[at : at + 1]
