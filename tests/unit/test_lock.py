"""The transition lock, between real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pgx_agent.script import lock
from pgx_base import files, locks, proc
from pgx_base.report import Failure
from pgx_base.signals import send_signal
from pgx_pclrsc.core import names
from tools.commands import PACKAGES


def _nothing() -> None:
    pass


class Child:
    """A forked process that takes the lock, says so, and holds it until killed."""

    def __init__(self, path: Path, kind: str, *, deaf: bool = False) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                if deaf:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                dir_fd = files.open_workdir(str(path))
                lock.acquire(dir_fd, kind, time.monotonic() + 60, _nothing)
                os.write(writer, b"held")
                while True:
                    signal.pause()
            finally:
                os._exit(1)
        os.close(writer)
        self.said = reader

    def wait_held(self) -> None:
        assert os.read(self.said, 4) == b"held"

    def end(self) -> int:
        """Kill it if it still runs, and return how it ended."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(kind: str, *, deaf: bool = False) -> Child:
        children.append(Child(tmp_path, kind, deaf=deaf))
        children[-1].wait_held()
        return children[-1]

    yield start
    for each in children:
        try:
            each.end()
        except ChildProcessError:
            pass


@pytest.fixture
def dir_fd(tmp_path: Path) -> int:
    return files.open_workdir(str(tmp_path))


def _held_bytes(dir_fd: int) -> list[int]:
    fd = files.open_regular(dir_fd, names.TRANSITION_LOCK)
    try:
        return [byte for byte in (0, 1, 2) if locks.is_held(fd, byte)]
    finally:
        os.close(fd)


@pytest.mark.parametrize(("kind", "byte"), [("online", 1), ("offline", 2)])
def test_who_works_is_told_by_the_byte(
    dir_fd: int, child: Callable[..., Child], kind: str, byte: int
) -> None:
    child(kind)

    assert _held_bytes(dir_fd) == [0, byte]


def test_the_lock_ends_with_its_holder(
    dir_fd: int, child: Callable[..., Child]
) -> None:
    child("online").end()

    assert _held_bytes(dir_fd) == []


@pytest.mark.parametrize(
    ("holder", "asker"),
    [("online", "online"), ("offline", "offline"), ("offline", "online")],
)
def test_a_second_script_waits_and_gives_up_at_its_deadline(
    dir_fd: int, child: Callable[..., Child], holder: str, asker: str
) -> None:
    running = child(holder)
    with pytest.raises(Failure, match=f"pgx_{holder} with PID {running.pid}"):
        lock.acquire(dir_fd, asker, time.monotonic() + 0.1, _nothing)

    assert os.waitpid(running.pid, os.WNOHANG) == (0, 0)  # and was left alone


@pytest.mark.parametrize("deaf", [False, True])
def test_an_offline_ends_a_running_online(
    dir_fd: int,
    child: Callable[..., Child],
    monkeypatch: pytest.MonkeyPatch,
    deaf: bool,
) -> None:
    monkeypatch.setattr(lock, "_TERM_FOR", 0.2 if deaf else 60.0)
    running = child("online", deaf=deaf)
    held = lock.acquire(dir_fd, "offline", time.monotonic() + 60, _nothing)
    held.release()

    assert running.end() == -(signal.SIGKILL if deaf else signal.SIGTERM)


def test_a_number_that_is_used_again_is_not_signalled() -> None:
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    try:
        assert not send_signal(pid, 1, signal.SIGKILL)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_text_of_another_boot_names_nobody(dir_fd: int, tmp_path: Path) -> None:
    (tmp_path / names.TRANSITION_LOCK).write_text("online 1 1 another-boot")
    fd = lock.open_lock(dir_fd, names.TRANSITION_LOCK)

    assert lock.holder(fd) is None


def test_a_lock_file_that_was_removed_keeps_out_whoever_comes_next(
    dir_fd: int, child: Callable[..., Child], tmp_path: Path
) -> None:
    """The waiter gets the file that is there now, not the one that it once opened."""
    running = child("online")

    def remove_and_end() -> None:
        (tmp_path / names.TRANSITION_LOCK).unlink(missing_ok=True)
        os.kill(running.pid, signal.SIGKILL)

    held = lock.acquire(dir_fd, "online", time.monotonic() + 60, remove_and_end)

    assert _held_bytes(dir_fd) == [0, 1]  # asked of the file that is there
    held.release()


def test_a_lock_file_that_was_removed_is_noticed_by_its_holder(
    dir_fd: int, tmp_path: Path
) -> None:
    held = lock.acquire(dir_fd, "online", time.monotonic() + 60, _nothing)
    held.confirm()
    (tmp_path / names.TRANSITION_LOCK).unlink()
    with pytest.raises(Failure, match="the transition lock is lost"):
        held.confirm()
    os.close(lock.open_lock(dir_fd, names.TRANSITION_LOCK))
    with pytest.raises(Failure, match="the transition lock is lost"):
        held.confirm()
    held.release()


STRANGER = (
    "import os, sys, time; sys.path[:0] = {paths!r};"
    "from pgx_base import locks; fd = os.open(sys.argv[2], os.O_RDWR);"
    "assert locks.take(fd, locks.EXCLUSIVE, shared=True);"
    "print('held', flush=True); time.sleep(600)"
)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a process called *name* that holds the lock as a Check's monitor does."""
    started: list[subprocess.Popen[str]] = []
    root = Path(__file__).parents[2]
    code = STRANGER.format(paths=[str(root / part) for part in PACKAGES])

    def start(name: str) -> subprocess.Popen[str]:
        path = tmp_path / names.TRANSITION_LOCK
        path.touch()
        process = subprocess.Popen(
            [sys.executable, "-c", code, name, str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", ["online", "offline"])
def test_a_stopped_monitor_that_holds_the_lock_is_killed(
    dir_fd: int,
    stranger: Callable[[str], subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(lock, "_MONITOR_FOR", 0.2)
    monitor = stranger("pgx_monitor")
    os.kill(monitor.pid, signal.SIGSTOP)
    held = lock.acquire(dir_fd, kind, time.monotonic() + 60, _nothing)
    held.release()

    assert monitor.wait(timeout=60) == -signal.SIGKILL


def test_a_holder_that_cannot_be_told_is_not_called_by_a_dead_ones_name(
    dir_fd: int,
    stranger: Callable[[str], subprocess.Popen[str]],
    child: Callable[..., Child],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "_MONITOR_FOR", 0.1)
    child("online").end()
    other = stranger("something")
    with pytest.raises(Failure, match="its holder cannot be told"):
        lock.acquire(dir_fd, "offline", time.monotonic() + 0.5, _nothing)

    assert other.poll() is None


def test_the_monitor_of_a_script_at_work_is_left_alone(
    dir_fd: int,
    stranger: Callable[[str], subprocess.Popen[str]],
    child: Callable[..., Child],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A second Online waits for the first, however long that waits for its monitor."""
    monkeypatch.setattr(lock, "_MONITOR_FOR", 0.1)
    monitor = stranger("pgx_monitor")
    fd = os.open(tmp_path / names.TRANSITION_LOCK, os.O_RDWR)
    assert locks.take(fd, locks.ONLINE)
    with pytest.raises(Failure):
        lock.acquire(dir_fd, "online", time.monotonic() + 0.5, _nothing)
    os.close(fd)

    assert monitor.poll() is None


@pytest.mark.parametrize(
    "text", ["online x 1 {boot}", "online 1 -2 {boot}", "\xff", ""]
)
def test_what_stands_in_the_lock_file_may_be_anything(dir_fd: int, text: str) -> None:
    fd = lock.open_lock(dir_fd, names.TRANSITION_LOCK)
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.format(boot=proc.boot_id()).encode("latin-1"), 0)

    assert lock.holder(fd) is None
    os.close(fd)
