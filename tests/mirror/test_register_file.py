"""The register's file is what was written, or is known not to be, and is never half of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.needs import missing
from pgx_base.failure import Failure
from pgx_base.which_file import which
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core.form import FILE, Broken, Place, decode, encode
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.keeping import Keeper
from tests.fix_place import REPOSITORY
from tools.commands import PACKAGES

_WORD = st.text("abcdef0123456789._-:", min_size=1, max_size=64)
_CELL = st.builds(Cell, st.integers(0, 2**64), st.sampled_from([PAIR, ALONE]), _WORD)
KEPT = st.builds(Kept, _WORD, _WORD, st.none() | _CELL)
PLACES = st.builds(Place, st.integers(0, 2**96), st.integers(0, 2**96))
STEPS = ("write", "fsync", "rename", "renameat", "renameat2", "unlinkat")
OLD, NEW = Cell(1, PAIR, "server1"), Cell(2, ALONE, "server2")


@given(KEPT, PLACES)
def test_what_was_written_is_read(kept: Kept, place: Place) -> None:
    assert decode(encode(kept, place)) == (kept, place)


@given(KEPT, PLACES, st.data())
def test_a_file_that_was_cut_or_changed_is_broken(
    kept: Kept, place: Place, data: st.DataObject
) -> None:
    whole = encode(kept, place)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = bytearray(whole)
    other[at] ^= data.draw(st.integers(1, 255))
    for wrong in (whole[:at], bytes(other), whole + b"\n", b""):
        with pytest.raises(Broken):
            decode(wrong)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "arbiter"
    found.mkdir(mode=0o700)
    yield found


def keeper(directory: Path) -> Keeper:
    return Keeper(os.open(directory, os.O_RDONLY | os.O_DIRECTORY), str(directory))


def test_a_register_that_is_not_there_is_a_new_one_and_stays_it(
    directory: Path,
) -> None:
    first = keeper(directory).begin()
    assert first.cell is None
    assert len(first.identity) == 32
    assert keeper(directory).begin() == first
    shutil.rmtree(directory)
    directory.mkdir(mode=0o700)
    assert keeper(directory).begin().identity != first.identity


def test_what_is_written_is_what_the_next_process_begins_with(directory: Path) -> None:
    kept = Kept(keeper(directory).begin().identity, "7", NEW)
    keeper(directory).write(kept)
    assert keeper(directory).begin() == kept
    assert (directory / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", [b"", b"pgx_mirror register 1\n", b"\0" * 4096])
def test_a_broken_register_is_never_an_empty_one(directory: Path, text: bytes) -> None:
    keeper(directory).begin()
    (directory / FILE).write_bytes(text)
    with pytest.raises(Failure, match="is broken") as caught:
        keeper(directory).begin()
    assert "until both servers" in (caught.value.hint or "")
    assert (directory / FILE).read_bytes() == text


def test_what_cannot_be_read_is_never_an_empty_register(directory: Path) -> None:
    for make in (os.mkdir, os.mkfifo, lambda path: os.symlink("/nowhere", path)):
        make(directory / FILE)
        with pytest.raises(Failure, match="could not read register"):
            keeper(directory).begin()
        (os.rmdir if make is os.mkdir else os.unlink)(directory / FILE)


def test_a_register_that_was_copied_or_put_back_is_refused(directory: Path) -> None:
    keeper(directory).begin()
    copy = directory.with_name("copy")
    shutil.copytree(directory, copy)
    saved = (directory / FILE).read_bytes()
    keeper(directory).write(Kept("1d", "7", NEW))
    with pytest.raises(Failure, match="is a copy"):
        keeper(copy).begin()
    beside = directory / "beside"
    beside.write_bytes(saved)
    beside.rename(directory / FILE)
    with pytest.raises(Failure, match="is a copy"):
        keeper(directory).begin()


def test_an_inode_that_is_used_again_is_told_from_the_one_before(
    directory: Path,
) -> None:
    """What `rm` and `tar x` do: the same number for the file, and for the directory."""
    numbers = set()
    for _ in range(8):
        path = directory / "file"
        path.write_text("")
        fd = os.open(path, os.O_RDONLY)
        numbers.add(which(fd))
        os.close(fd)
        path.unlink()
    if max(numbers) >> 64 == 0:
        pytest.skip("this file system has no number for the use of an inode")
    assert len(numbers) == 8


def test_a_write_that_fails_says_so(directory: Path) -> None:
    found = keeper(directory)
    kept = found.begin()
    (directory / f".{FILE}.new").mkdir()
    with pytest.raises(Failure, match="could not write register"):
        found.write(kept)


PROGRAM = f"""
import sys; sys.path[:0] = {[str(REPOSITORY / part) for part in PACKAGES]!r}
import os
from dataclasses import replace
from pgx_base.failure import Failure
from pgx_base.which_file import which
from pgx_mirror.core.cell import Cell
from pgx_mirror.register.keeping import Keeper
keeper = Keeper(os.open(sys.argv[1], os.O_RDONLY), sys.argv[1])
try:
    kept = keeper.begin()
    keeper.write(replace(kept, cell=Cell(2, "ALONE", "server2")))
except Failure:
    sys.exit(3)
print("answered", flush=True)
"""


def _run(directory: Path, log: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Write NEW over OLD, under strace."""
    identity = decode((directory / FILE).read_bytes())[0].identity
    keeper(directory).write(Kept(identity, "7", OLD))
    traced = "trace=" + ",".join(f"?{call}" for call in STEPS)
    strace = ["strace", "-qq", "-e", traced, "-o", str(log), *options]
    return subprocess.run(
        [*strace, sys.executable, "-ISB", "-c", PROGRAM, str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def _points(directory: Path, log: Path) -> list[str]:
    """Return each step of a write that is left alone, as strace names it: `fsync:2`."""
    result = _run(directory, log)
    if result.returncode and "ptrace" in result.stderr:
        pytest.skip(f"strace cannot trace here: {result.stderr}")
    assert result.stdout == "answered\n", result.stderr
    calls = [line.partition("(")[0] for line in log.read_text().splitlines()]
    points = [f"{call}:{calls[: at + 1].count(call)}" for at, call in enumerate(calls)]
    rename = next(at for at, call in enumerate(calls) if call.startswith("rename"))
    # The file is on disk before it has the name, and the name before anything is said.
    assert calls[rename - 2 : rename] == ["write", "fsync"]
    assert calls[rename + 1 :] == ["fsync", "write"]
    assert {f"fsync:{at}" for at in (1, 2, 3, 4)} <= set(points)
    return points


@pytest.mark.skipif(bool(missing("strace")), reason=missing("strace"))
def test_killed_at_any_step_it_is_old_or_new_and_nothing_was_answered_before(
    directory: Path, tmp_path: Path
) -> None:
    keeper(directory).begin()
    found = []
    for point in _points(directory, tmp_path / "log"):
        call, _, when = point.partition(":")
        inject = f"inject={call}:signal=KILL:when={when}"
        result = _run(directory, tmp_path / "log", "-e", inject)
        assert (result.returncode, result.stdout) == (-9, ""), point
        found.append(keeper(directory).begin().cell)
    assert found[0] == OLD
    assert found[-1] == NEW  # killed as it answers
    at = found.index(NEW)
    assert found == [OLD] * at + [NEW] * (len(found) - at)


@pytest.mark.skipif(bool(missing("strace")), reason=missing("strace"))
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_step_that_fails_is_never_answered(
    directory: Path, tmp_path: Path, error: str
) -> None:
    keeper(directory).begin()
    for point in _points(directory, tmp_path / "log")[:-1]:
        call, _, when = point.partition(":")
        inject = f"inject={call}:error={error}:when={when}"
        result = _run(directory, tmp_path / "log", "-e", inject)
        assert (result.returncode, result.stdout) == (3, ""), point
        assert keeper(directory).begin().cell in (OLD, NEW)
