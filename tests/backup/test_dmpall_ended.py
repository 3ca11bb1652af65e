"""pgx_dmpall killed, interrupted, failing while others work for it: nothing is listed or left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.needs import missing
from fixtures.processes import children, gone, wait_until
from pgx_mirror.backup import places
from tests.backup.dumps import Dumps, copiers, errors, replaced, slowed
from tests.unit.import_graph import ROOT

pytestmark = pytest.mark.one_postgres
WHY = "could not copy the data directory"


def begun(place: Dumps) -> subprocess.Popen[str]:
    """Start a backup, and return when it copies."""
    slowed(place)
    process = place.popen(*place.words())
    wait_until(lambda: len(copiers(place)) == 2, "it copies", 60)
    wait_until(
        lambda: list(place.destination.glob("backup/.*/base/*")) != [], "files", 60
    )
    return process


def ended(process: subprocess.Popen[str]) -> str:
    """Return the error of one that fails."""
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    (error,) = errors(subprocess.CompletedProcess([], 1, "", said))
    return error


def test_one_that_was_killed_is_cleared_up_by_the_next(dumped: Dumps) -> None:
    kept = dumped.lay(1, "server1")
    process = begun(dumped)
    working = copiers(dumped)
    child = next(pid for pid in working if not set(children(pid)) & set(working))
    os.kill(child, signal.SIGSTOP)  # it lives on, for a while of its own choice
    process.kill()
    process.communicate()

    assert [one.name for one in dumped.found().good] == [kept]
    (left,) = dumped.found().left
    assert left.why == "it was not finished"
    assert not gone(child)

    dumped.configure()
    made = dumped.dump()
    assert dumped.entries() == [kept, made.name]
    wait_until(lambda: all(map(gone, working)), "they have ended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_interrupted_is_undone(
    dumped: Dumps, number: signal.Signals
) -> None:
    process = begun(dumped)
    process.send_signal(number)

    assert ended(process) == "interrupted"
    assert dumped.entries() == []
    assert not copiers(dumped)


def test_one_that_is_interrupted_as_it_verifies_is_undone(dumped: Dumps) -> None:
    slowed(dumped, "1024M")
    told = dumped.home / "verifies"
    replaced(dumped, f"sleep 600 & echo $$ $! >{told}; wait", "pg_verifybackup")
    process = dumped.popen(*dumped.words())
    wait_until(lambda: told.exists() and bool(told.read_text()), "it verifies", 60)
    process.terminate()

    assert ended(process) == "interrupted"
    assert dumped.entries() == []
    both = [int(pid) for pid in told.read_text().split()]  # one of them reads the log
    wait_until(lambda: all(map(gone, both)), "they have ended", 60)
    told.unlink()


def test_a_server_that_goes_ends_it(dumped: Dumps) -> None:
    process = begun(dumped)
    dumped.server.stop(signal.SIGQUIT)

    assert ended(process) == WHY
    assert dumped.entries() == []


def test_a_copier_that_is_killed_ends_it(dumped: Dumps) -> None:
    process = begun(dumped)
    os.kill(min(copiers(dumped)), signal.SIGKILL)

    assert ended(process) == WHY
    assert dumped.entries() == []
    assert not copiers(dumped)


@pytest.mark.parametrize(
    "harm",
    [
        'truncate -s 100 "$to/base/1/1259"',
        'printf x | dd of="$to/base/1/1259" bs=1 seek=20000 conv=notrunc 2>/dev/null',
    ],
)
def test_what_the_disk_has_lost_is_found(dumped: Dumps, harm: str) -> None:
    slowed(dumped)
    real = dumped.server.binaries.path("pg_basebackup")
    find = "for w; do case $w in --pgdata=*) to=${w#*=};; esac; done"
    replaced(dumped, f'{find}\n{real} "$@" || exit\n{harm}')

    assert dumped.refused() == ["the backup is not as the server sent it"]
    assert dumped.entries() == []


@pytest.mark.root
def test_a_disk_that_fills_up_meanwhile(dumped: Dumps) -> None:
    if reason := missing("mount", "umount"):
        pytest.skip(reason)
    small = dumped.directory(dumped.home / "small")
    options = f"size=60m,mode=700,uid={dumped.user.uid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", small], check=True)
    dumped.configure(backup_destination=small)
    try:
        slowed(dumped)
        process = dumped.popen(*dumped.words())
        wait_until(lambda: list(small.glob("backup/.*/base/*")) != [], "it copies", 60)
        with (small / "filler").open("wb") as filler, pytest.raises(OSError):
            while True:
                filler.write(bytes(1 << 20))
                filler.flush()
        _, said = process.communicate(timeout=60)

        assert process.returncode == 1
        assert f"pgx_dmpall: error: {WHY}\n" in said
        assert "No space left on device" in said
        assert os.listdir(small / places.BACKUPS) == []
    finally:
        subprocess.run(["umount", "-l", small], check=True)
        small.rmdir()


def test_a_sync_that_fails_is_told(tmp_path: Path) -> None:
    """Whichever thread it is in; a disk tells of an error once."""
    if reason := missing("strace"):
        pytest.skip(reason)
    (tmp_path / "deep").mkdir()
    for number in range(20):
        (tmp_path / "deep" / str(number)).write_bytes(b"1")
    code = f"from pgx_mirror.backup.proving import synced; print(synced({str(tmp_path)!r}))"
    paths = [str(ROOT / part) for part in ("base", "postgres", "mirror")]
    line = [sys.executable, "-c", f"import sys; sys.path[:0] = {paths}; {code}"]
    traced = ["strace", "-f", "-qq", "-e", "trace=fsync", "-o", "/dev/null"]

    whole = subprocess.run([*traced, *line], capture_output=True, text=True)
    assert whole.stdout == "20\n"
    for call in ("1", "2"):
        inject = ["-e", f"inject=fsync:error=EIO:when={call}"]
        done = subprocess.run([*traced, *inject, *line], capture_output=True, text=True)
        assert "Failure: could not sync" in done.stderr
        assert done.stdout == ""
