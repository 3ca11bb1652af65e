"""What mc_arb has in its management directory, and where it listens.

mc_arb.lock    byte 0: one mc_arb lives; the text: PID and start time of the holder
mc_arb.socket  where `mc_arb stop` and `status` ask it
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pgx_base import files, locks, proc
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.sockets.listening import listen

LOCK, SOCKET = "mc_arb.lock", "mc_arb.socket"
_SERVICE = 0  # the byte of the lock
_BACKLOG = 8
# Who finds no room in the queue tries again after a second: a flood would win that race.
_CROWD = 128


@dataclass(frozen=True, slots=True)
class House:
    """What is open: directory, lock, listeners, and the control socket."""

    dir_fd: int
    lock_fd: int
    listeners: tuple[socket.socket, ...]
    control: socket.socket

    def descriptors(self) -> list[int]:
        """Return all of them."""
        sockets = [sock.fileno() for sock in (*self.listeners, self.control)]
        return [self.dir_fd, self.lock_fd, *sockets]


def opened(mcdir: str) -> int:
    """Return a descriptor of the management directory.  Raises Failure."""
    try:
        return os.open(mcdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as ex:
        raise Failure(
            f"could not open management directory {quoted(mcdir)}: {ex.strerror}"
        ) from ex


@contextmanager
def visited(mcdir: str) -> Iterator[int]:
    """Give a descriptor of the management directory for a while.  Raises Failure."""
    dir_fd = opened(mcdir)
    try:
        yield dir_fd
    finally:
        os.close(dir_fd)


def open_house(mcdir: str, host: str, port: int) -> House:
    """Take the lock and listen.  Raises Failure."""
    dir_fd = opened(mcdir)
    lock_fd = _take_lock(dir_fd, mcdir)
    listeners = tuple(listen(host, port))
    for listener in listeners:
        listener.listen(_CROWD)
    return House(dir_fd, lock_fd, listeners, _control(dir_fd, mcdir))


def is_running(dir_fd: int) -> bool:
    """Whether an mc_arb lives."""
    fd = _lock_file(dir_fd, os.O_RDONLY)
    if fd is None:
        return False
    try:
        return locks.is_held(fd, _SERVICE)
    finally:
        os.close(fd)


def sign(house: House) -> None:
    """Write into the lock who holds it: this process."""
    text = b"%d %d\n" % (os.getpid(), proc.read_stat(os.getpid())[2])  # type: ignore[index]
    os.ftruncate(house.lock_fd, 0)
    os.pwrite(house.lock_fd, text, 0)


def holder(dir_fd: int) -> tuple[int, int] | None:
    """Return PID and start time of who holds the lock, None if nobody does."""
    fd = _lock_file(dir_fd, os.O_RDONLY)
    if fd is None:
        return None
    try:
        words = os.pread(fd, 64, 0).split()
        held = locks.is_held(fd, _SERVICE)
    finally:
        os.close(fd)
    if not held or len(words) != 2 or not all(word.isdigit() for word in words):
        return None
    return int(words[0]), int(words[1])


def through(dir_fd: int, name: str) -> str:
    """Return a path to *name* that is short enough for a socket."""
    return f"/proc/self/fd/{dir_fd}/{name}"


def _lock_file(dir_fd: int, flags: int) -> int | None:
    try:
        return files.open_regular(dir_fd, LOCK, flags)
    except FileNotFoundError:
        return None
    except OSError as ex:
        raise Failure(f"could not open lock file {quoted(LOCK)}: {ex.strerror}") from ex


def _take_lock(dir_fd: int, mcdir: str) -> int:
    fd = _lock_file(dir_fd, os.O_RDWR | os.O_CREAT)
    assert fd is not None
    if not locks.take(fd, _SERVICE):
        who = holder(dir_fd)
        os.close(fd)
        raise Failure(
            f"the arbitration process of {quoted(mcdir)} is running already",
            detail=f"Its process is {who[0]}." if who else None,
        )
    return fd


def _control(dir_fd: int, mcdir: str) -> socket.socket:
    """Listen for mc_arb; who holds the lock may remove what another has left."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o077)
    try:
        try:
            os.unlink(SOCKET, dir_fd=dir_fd)
        except FileNotFoundError:
            pass
        sock.setblocking(False)
        sock.bind(through(dir_fd, SOCKET))
        sock.listen(_BACKLOG)
    except OSError as ex:
        path = quoted(os.path.join(mcdir, SOCKET))
        raise Failure(f"could not listen at socket {path}: {ex.strerror}") from ex
    finally:
        os.umask(umask)
    return sock
