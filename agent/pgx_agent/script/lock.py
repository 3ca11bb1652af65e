"""The transition lock: Online and Offline of one resource never work at the same time.

Byte 0 of transition.lock is the exclusive right to change the resource.  Bytes 1
and 2 tell Check which script works.  The file's text names the holder, so that an
Offline can end a running Online.  The kernel gives the lock back when we die.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from pgx_base import files, locks, proc
from pgx_base.light import signal
from pgx_base.report import Failure
from pgx_base.signals import send_signal
from pgx_pclrsc import monitors
from pgx_pclrsc.core import names

_LOOK_AGAIN = 0.02  # seconds between two tries for the lock
_TERM_FOR = 5.0  # seconds an ended Online has before it is killed
_KILL_FOR = 10.0  # seconds a killed one has before it counts as hanging
_MONITOR_FOR = 5.0  # seconds a monitor may hold the lock; it opens some files meanwhile

BYTES = {"online": locks.ONLINE, "offline": locks.OFFLINE}


def open_lock(dir_fd: int, name: str) -> int:
    """Return a read-write descriptor of lock file *name*, made if missing.  Raises OSError."""
    return files.open_regular(dir_fd, name, os.O_RDWR | os.O_CREAT)


def holder(fd: int) -> tuple[str, int, int] | None:
    """Return kind, PID and start time of the script that last took the lock on this boot.

    None for whatever else stands there: the OS user can write into the file.
    """
    words = os.pread(fd, 256, 0).decode("ascii", "replace").split()
    if len(words) != 4 or words[3] != proc.boot_id():
        return None
    if not all(word.isascii() and word.isdigit() for word in words[1:3]):
        return None
    return words[0], int(words[1]), int(words[2])


class Held:
    """The transition lock, held until `release` or our death."""

    def __init__(self, dir_fd: int, fd: int) -> None:
        self._dir_fd = dir_fd
        self.fd = fd

    def confirm(self) -> None:
        """See that it keeps others out still.

        Raises Failure when the file was removed or replaced: who comes next does not wait
        for us, and may be at work already.
        """
        if not _is_the_file(self._dir_fd, self.fd):
            raise Failure(
                "the transition lock is lost: its file was removed or replaced",
                detail="Another script may be at work; nothing more is started or stopped.",
                hint="Leave the files in the work directory alone, and run the script again.",
            )

    def release(self) -> None:
        """Give the lock back."""
        os.close(self.fd)


def acquire(
    dir_fd: int, kind: str, deadline: float, waiting: Callable[[], None]
) -> Held:
    """Take the transition lock for *kind* (online or offline) before monotonic *deadline*.

    A second Online waits for the first, a second Offline for the first, an Online for a
    running Offline; an Offline ends a running Online.  A monitor that holds on to the lock
    is ended.  *waiting* is called at each look.
    Raises Failure when the deadline passes, OSError when the file cannot be opened.
    """
    held = _acquire(dir_fd, kind, deadline, waiting, os.O_RDWR | os.O_CREAT)
    _sign(held.fd, kind)
    return held


def acquire_unsigned(
    dir_fd: int, kind: str, deadline: float, waiting: Callable[[], None]
) -> Held:
    """Do as `acquire`, and write nothing, where writes hang: a frozen file system grants
    locks.  Raises OSError also where there is no file.
    """
    # The kernel opens for writing without waiting for the thaw only what it knows the name of.
    os.stat(names.TRANSITION_LOCK, dir_fd=dir_fd, follow_symlinks=False)
    return _acquire(dir_fd, kind, deadline, waiting, os.O_RDWR)


def _acquire(
    dir_fd: int, kind: str, deadline: float, waiting: Callable[[], None], flags: int
) -> Held:
    waiting_for = _Wait(kind, deadline)
    while True:
        fd = files.open_regular(dir_fd, names.TRANSITION_LOCK, flags)
        try:
            while not locks.take(fd, locks.EXCLUSIVE):
                waiting_for.turn(fd)
                waiting()
                time.sleep(_LOOK_AGAIN)
        except BaseException:
            os.close(fd)
            raise
        if _is_the_file(dir_fd, fd):
            break
        os.close(fd)  # removed while we waited: what we hold keeps nobody out
    locks.take(fd, BYTES[kind])
    return Held(dir_fd, fd)


def _is_the_file(dir_fd: int, fd: int) -> bool:
    try:
        there = os.stat(names.TRANSITION_LOCK, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(fd))


def _sign(fd: int, kind: str) -> None:
    pid = os.getpid()
    stat = proc.read_stat(pid)
    text = f"{kind} {pid} {stat[2] if stat else 0} {proc.boot_id()}"
    os.pwrite(fd, text.encode().ljust(names.LOCK_SIZE), 0)


class HolderHangs(Failure):
    """The lock's holder was killed, and hangs in the kernel: it does nothing any more."""


class _Wait:
    """Waiting for the lock of somebody else, who is ended where that is our part."""

    def __init__(self, kind: str, deadline: float) -> None:
        self._kind = kind
        self._deadline = deadline
        self._asked: dict[int, float] = {}
        self._killed: dict[int, float] = {}
        self._stuck_since: float | None = None

    def turn(self, fd: int) -> None:
        """Do what is to be done at one look.  Raises Failure at the deadline."""
        now = time.monotonic()
        script = _script(fd)
        if script is not None and (self._kind, script[0]) == ("offline", "online"):
            self._end(script[1], script[2], now)
        self._end_monitors(fd, now)
        if now >= self._deadline:
            raise _not_had(script)

    def _end(self, pid: int, start: int, now: float) -> None:
        """Ask the Online to end, once; a stopped or stuck one is killed after a while."""
        if pid not in self._asked:
            self._asked[pid] = now
            _signal_script(pid, start, signal.SIGTERM)
        elif now - self._asked[pid] > _TERM_FOR:
            _signal_script(pid, start, signal.SIGKILL)
            # Counted from the kill itself: we may have been stopped ourselves before it.
            killed = self._killed.setdefault(pid, now)
            if now - killed > _KILL_FOR and _hangs(pid):
                raise HolderHangs(
                    f"pgx_online with PID {pid} was killed and hangs in the kernel"
                )

    def _end_monitors(self, fd: int, now: float) -> None:
        """Kill what holds the lock for long and is no script: a monitor needs it a moment."""
        if any(locks.is_held(fd, byte) for byte in BYTES.values()):
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = now
        elif now - self._stuck_since > _MONITOR_FOR:
            self._stuck_since = now
            for pid, start in monitors.holders(fd):
                if proc.uid_of(pid) == os.geteuid():
                    send_signal(pid, start, signal.SIGKILL)


def _script(fd: int) -> tuple[str, int, int] | None:
    """Return the script that works under the lock, if it lives and has signed."""
    found = holder(fd)
    if found is None or not (proc.alive(found[1], found[2]) or _is_hidden(found[1])):
        return None
    byte = BYTES.get(found[0])
    return found if byte is not None and locks.is_held(fd, byte) else None


def _hangs(pid: int) -> bool:
    stat = proc.read_stat(pid)
    return stat is not None and stat[0] == "D"


def _is_hidden(pid: int) -> bool:
    """Whether *pid* lives and /proc shows it to root alone (hidepid).

    A script that root has started has changed its user, and is hidden from its own.
    """
    if proc.read_stat(pid) is not None:
        return False
    try:
        os.close(os.pidfd_open(pid))
    except (OSError, ValueError):
        return False
    return True


def _signal_script(pid: int, start: int, number: int) -> None:
    """Signal the script that holds the lock; that it does proves one that is hidden."""
    if send_signal(pid, start, number) or not _is_hidden(pid):
        return
    pidfd = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(pidfd, number)
    finally:
        os.close(pidfd)


def _not_had(script: tuple[str, int, int] | None) -> Failure:
    if script is None:
        return Failure(
            "could not get the transition lock: its holder cannot be told",
            detail="The script that has signed it last works no more.",
            hint="Look who has transition.lock in the work directory open.",
        )
    who = f"pgx_{script[0]} with PID {script[1]}"
    return Failure(
        f"could not get the transition lock: {who} still works",
        hint="Wait for it, or look why it takes so long in trace.log.",
    )
