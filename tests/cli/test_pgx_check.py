"""pgx_check on records written by hand: each row of its table, and what may stand in the way.

The "postmaster" here is any process: Check knows it by PID and start time alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgx_agent import record, transition
from pgx_agent.record import Record
from pgx_pclrsc import codec, locks, names, proc
from pgx_pclrsc.definition import ResourceDefinition

ONLINE, OFFLINE, FAULTED = 0, 1, 2
REPOSITORY = Path(__file__).parents[2]
STUB = (
    f"import sys; sys.path[:0] = ['{REPOSITORY}/agent', '{REPOSITORY}/pclrsc'];"
    "sys.dont_write_bytecode = True;"
    "from pgx_agent.check import main; main()"
)


class Place:
    """A registry with one resource, whose record a test writes."""

    def __init__(self, top: Path) -> None:
        self.registry = top / "registry"
        self.work = top / "work"
        self.data = top / "pgdata"
        self.work.mkdir(mode=0o700)
        entry = self.registry / "pg1"
        entry.mkdir(parents=True)
        (entry / "work").symlink_to(self.work)
        (entry / "definition.toml").write_text(codec.encode(self.definition()))

    def definition(self) -> ResourceDefinition:
        return ResourceDefinition(  # noqa: S604  # its shell is a path
            name="pg1",
            os_user="nobody",
            data_directory=str(self.data),
            work_directory=str(self.work),
            nodes=("n1RMS",),
            db_user="postgres",
            uid=os.getuid() or 65534,
            gid=os.getgid() or 65534,
            groups=(),
            home="/",
            shell="/bin/sh",
        )

    def write(self, state: str, postmaster: int, *, good_for: float = 60) -> None:
        stat = proc.read_stat(postmaster)
        now = proc.monotonic_ms()
        self.write_record(
            Record(
                "g",
                proc.boot_id(),
                state,
                good_until=now + int(good_for * 1000),
                postmaster=postmaster,
                start=stat[2] if stat else 1,
                reason="no answer within 3 s" if state == "faulted" else "",
            )
        )

    def write_record(self, written: Record) -> None:
        (self.work / names.RECORD).write_bytes(record.encode(written))

    def check(
        self, name: str = "pg1", *arguments: str, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        environ = {"PGX_PCLRSC_HOME": str(self.registry)}
        return subprocess.run(
            [sys.executable, "-IS", "-c", STUB, name, *arguments],
            env=environ,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=20,
        )

    def hold(self, name: str, *bytes_: int) -> int:
        """Hold lock bytes as a monitor or script would, from this process."""
        dir_fd = record.open_workdir(str(self.work))
        fd = transition.open_lock(dir_fd, name)
        os.close(dir_fd)
        for byte in bytes_:
            assert locks.take(fd, byte)
        return fd


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def process() -> Iterator[int]:
    child = subprocess.Popen(["sleep", "120"])
    yield child.pid
    child.kill()
    child.wait()


@pytest.fixture
def gone() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def _answer(place: Place, code: int) -> None:
    done = place.check()
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_no_record_is_offline_without_a_word(place: Place) -> None:
    _answer(place, OFFLINE)


def test_a_watched_online_record_is_online(place: Place, process: int) -> None:
    place.write("online", process)
    place.hold(names.MONITOR_LOCK, locks.MONITOR)

    _answer(place, ONLINE)


def test_a_missing_monitor_is_no_fault(place: Place, process: int) -> None:
    place.write("online", process)

    _answer(place, ONLINE)


def test_a_hung_monitor_is_no_fault(place: Place, process: int) -> None:
    place.write("online", process, good_for=-1)
    place.hold(names.MONITOR_LOCK, locks.MONITOR)

    _answer(place, ONLINE)


def test_a_postmaster_that_is_gone_is_a_fault_named_on_stderr(
    place: Place, gone: int
) -> None:
    place.write("online", gone)
    done = place.check()

    assert done.returncode == FAULTED
    assert done.stderr == (
        'pgx_check: error: resource "pg1" is faulted: its postmaster is gone\n'
    )


def test_a_zombie_is_dead(place: Place) -> None:
    child = subprocess.Popen(["true"])
    while (stat := proc.read_stat(child.pid)) and stat[0] != "Z":
        time.sleep(0.01)
    place.write("online", child.pid)

    assert place.check().returncode == FAULTED
    child.wait()


def test_a_number_that_is_used_again_is_another_process(
    place: Place, process: int
) -> None:
    boot = proc.boot_id()
    place.write_record(Record("g", boot, "online", postmaster=process, start=1))

    assert place.check().returncode == FAULTED


def test_a_faulted_record_is_faulted_whoever_lives(place: Place, process: int) -> None:
    place.write("faulted", process, good_for=-100)
    place.hold(names.MONITOR_LOCK, locks.MONITOR)
    done = place.check()

    assert done.returncode == FAULTED
    assert done.stderr == (
        'pgx_check: error: resource "pg1" is faulted: no answer within 3 s\n'
    )


def test_a_record_of_another_boot_is_none(place: Place, process: int) -> None:
    place.write_record(Record("g", "another-boot", "faulted", postmaster=process))

    _answer(place, OFFLINE)


@pytest.mark.parametrize("state", ["starting", "none"])
def test_until_the_first_online_record_it_is_offline(
    place: Place, process: int, state: str
) -> None:
    place.write(state, process)

    _answer(place, OFFLINE)


@pytest.mark.parametrize(
    ("state", "want"), [("online", ONLINE), ("faulted", FAULTED), ("none", OFFLINE)]
)
def test_a_running_offline_leaves_the_state_as_found(
    place: Place, gone: int, state: str, want: int
) -> None:
    place.write(state, gone)
    place.hold(names.TRANSITION_LOCK, locks.EXCLUSIVE, locks.OFFLINE)

    assert place.check().returncode == want


def test_a_running_online_changes_nothing(place: Place, process: int) -> None:
    place.write("online", process)
    place.hold(names.TRANSITION_LOCK, locks.EXCLUSIVE, locks.ONLINE)

    _answer(place, ONLINE)


@pytest.mark.parametrize("what", ["garbled", "fifo", "link", "directory"])
def test_an_unreadable_record_without_a_postmaster_is_offline(
    place: Place, what: str, tmp_path: Path
) -> None:
    path = place.work / names.RECORD
    match what:
        case "garbled":
            path.write_bytes(b"online" * 100)
        case "fifo":
            os.mkfifo(path)
        case "link":
            (tmp_path / "target").write_bytes(b"x")
            path.symlink_to(tmp_path / "target")
        case _:
            path.mkdir()

    _answer(place, OFFLINE)


@pytest.mark.parametrize("lock", [names.MONITOR_LOCK, names.TRANSITION_LOCK])
def test_a_fifo_in_a_locks_place_is_not_waited_for(
    place: Place, process: int, lock: str
) -> None:
    place.write("online", process)
    os.mkfifo(place.work / lock)

    assert place.check().returncode == OFFLINE  # row 9; no entry names a postmaster


def test_a_work_directory_replaced_by_a_link_is_not_followed(
    place: Place, process: int, tmp_path: Path
) -> None:
    place.write("online", process)
    place.work.rename(tmp_path / "elsewhere")
    place.work.symlink_to(tmp_path / "elsewhere")

    assert place.check().returncode == OFFLINE


def test_a_removed_work_directory_is_offline(place: Place) -> None:
    shutil.rmtree(place.work)

    _answer(place, OFFLINE)


@pytest.mark.parametrize(
    "name", ["nosuch", "", "../pg1", "a.b", "a-b", "1a", "x" * 17, "ä", "pg1\n", "a/b"]
)
def test_a_name_that_is_not_registered_is_offline_without_a_word(
    place: Place, name: str
) -> None:
    done = place.check(name)

    assert (done.returncode, done.stdout, done.stderr) == (OFFLINE, "", "")


@pytest.mark.parametrize("arguments", [["--help"], ["pg1", "pg1"], ["-c"]])
def test_wrong_usage_is_refused(place: Place, arguments: list[str]) -> None:
    done = place.check(*arguments)

    assert done.returncode == FAULTED
    assert done.stderr == "pgx_check: error: usage: pgx_check NAME\n"


def test_a_missing_registry_is_offline(place: Place) -> None:
    shutil.rmtree(place.registry)

    _answer(place, OFFLINE)


def test_a_deleted_working_directory_does_not_matter(
    place: Place, process: int, tmp_path: Path
) -> None:
    place.write("online", process)
    here = tmp_path / "here"
    here.mkdir()
    script = f'rmdir {here}; exec {sys.executable} -IS -c "$0" pg1'
    done = subprocess.run(
        ["sh", "-c", script, STUB],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        cwd=here,
        timeout=20,
    )

    assert done.returncode == ONLINE


def test_closed_descriptors_do_not_matter(place: Place, gone: int) -> None:
    place.write("online", gone)
    script = f'exec {sys.executable} -IS -c "$0" pg1 <&- >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", script, STUB],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        timeout=20,
    )

    assert done.returncode == FAULTED


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_third_user_is_refused(place: Place, process: int, tmp_path: Path) -> None:
    place.write("online", process)
    for directory in (tmp_path, *list(tmp_path.parents)[:-2]):
        directory.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-IS", "-c", STUB, "pg1"],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        capture_output=True,
        text=True,
        user=12345,
        group=12345,
        extra_groups=[],
        timeout=20,
    )

    assert done.returncode == FAULTED
    assert "must be run as root or as the OS user" in done.stderr
