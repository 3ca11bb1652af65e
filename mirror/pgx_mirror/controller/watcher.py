"""The monitoring process: it begins the controller anew when it dies or hangs.

The controller says several times a second that it lives, and what a next one has to know.
A program of its own that loads next to nothing, so that it costs little memory: hence
`_signal` (the public module loads enum), and no dataclass, JSON or typing.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# The first word of its command line, which is the controller's otherwise.
WATCH = "--watch"
# The controller's last word: it has ended as it should.
OVER = b"over"
_BETWEEN_STARTS = 1.0  # seconds, so that a controller that cannot run does not spin
_BEGINS_WITHIN = (
    20.0  # seconds: it loads its program, and reads a disk that may be slow
)
_CHUNK = 1 << 16
_STEPS = 4  # in which silence is counted
_TICKS = os.sysconf("SC_CLK_TCK")  # a second, in which the kernel tells what was used
# Seconds of processor: far more than is used between two words, and as the program is loaded.
_WORKS, _LOADS = 0.25, 2.0
_ROUNDED = 0.01  # seconds: poll counts whole milliseconds


class Controller:
    """A controller as its watcher sees it: by what it says, and by its pidfd."""

    def __init__(self, pipe_fd: int, pidfd: int) -> None:
        self.said = b""  # its last whole line
        self._pipe_fd, self._pidfd = pipe_fd, pidfd
        self._rest = b""
        # Seconds of processor that it had used at the first look of this silence.
        self._used: float | None = None

    def follow(self, patience: float) -> str:
        """Return why it has to be begun anew, empty where it has ended as it should.

        *patience*: after how many seconds without a word it is ended by force; its first
        word may take longer.
        """
        begins = max(patience, _BEGINS_WITHIN)
        poll = select.poll()
        poll.register(self._pipe_fd, select.POLLIN)
        poll.register(self._pidfd, select.POLLIN)
        silent = 0.0
        while True:
            asked, limit = time.monotonic(), patience if self.said else begins
            step = limit / _STEPS
            ready = dict(poll.poll(step * 1000))
            if self._pipe_fd in ready:
                silent, self._used = 0.0, None
                if not self._hear():
                    poll.unregister(self._pipe_fd)
            elif ready:
                return self._ended()
            else:
                # Where more has passed we did not run either, as when the host stood still.
                silent += self._silence(min(time.monotonic() - asked, step))
                if silent >= limit - _ROUNDED:
                    return self._hangs(limit)

    def _silence(self, passed: float) -> float:
        """Return for how much of *passed* seconds it is to blame.

        One that waits for a processor is no better off if another has to begin in its place.
        Who has used some since the first look at this silence spins.
        """
        waits, used = _look(self._pidfd)
        if self._used is None:
            self._used = used
            return passed
        works = _WORKS if self.said else _LOADS
        return 0.0 if waits and used - self._used < works else passed

    def _hear(self) -> bool:
        """Take what it says; whether it may say more."""
        data = os.read(self._pipe_fd, _CHUNK)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines:
            self.said = lines[-1]
        return bool(data)

    def _hangs(self, patience: float) -> str:
        """End it; one that has said its last word was only late to go."""
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.poll()  # what stands in the kernel is waited for: two would be worse than none
        return self._ended() and f"did not respond for {patience:g} s"

    def _ended(self) -> str:
        """Let go of it, and return how it has ended."""
        how = _how(self._pidfd)
        os.close(self._pipe_fd)
        os.close(self._pidfd)
        return "" if self.said == OVER else how


def _how(pidfd: int) -> str:
    """Return how a process has ended; only a parent is told more than that."""
    try:
        ended = os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        ended = None
    if ended is None:
        return "ended"
    if ended.si_code == os.CLD_EXITED:
        return f"exited with {ended.si_status}"
    return f"ended by signal {ended.si_status}"


def _look(pidfd: int) -> tuple[bool, float]:
    """Return whether a process is to run, and the seconds of processor that it has used."""
    try:
        with open(f"/proc/self/fdinfo/{pidfd}", "rb") as file:
            pid = int(file.read().split(b"\nPid:", 1)[1].split(None, 1)[0])
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return fields[0] == b"R", (int(fields[11]) + int(fields[12])) / _TICKS
    except (OSError, IndexError, ValueError):
        return False, 0.0


def _pidfd_of(child: int) -> int:
    """Raises OSError, with the child dead: a second one beside it would be worse than none."""
    try:
        return os.pidfd_open(child)
    except OSError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


def watch(
    controller: Controller, patience: float, begin: Callable[[bytes, str], Controller]
) -> None:
    """Watch *controller*, and those that *begin* begins, until one ends as it should.

    *begin* is told the last line of the one before, and why there has to be another.
    """
    said = b""
    while True:
        began = time.monotonic()
        why = controller.follow(patience)
        if not why:
            return
        said = controller.said or said
        time.sleep(max(0.0, began + _BETWEEN_STARTS - time.monotonic()))
        controller = _begun(begin, said, why)


def _begun(
    begin: Callable[[bytes, str], Controller], said: bytes, why: str
) -> Controller:
    """Begin a controller, as soon as there is memory for one."""
    while True:
        try:
            return begin(said, why)
        except OSError:
            time.sleep(_BETWEEN_STARTS)


class Program:
    """How this program begins a controller.

    *lock_fd* is the watcher's lock, of which the controller lets go when it has its own;
    *settings_fd* the settings that it is to have; *options* those of the first one.
    """

    def __init__(self, lock_fd: int, settings_fd: int, options: list[str]) -> None:
        self._fds = (lock_fd, settings_fd)
        self._options = options

    def begin(self, said: bytes, why: str) -> Controller:
        """Begin a controller.  Raises OSError."""
        pipe_fd, into_fd = os.pipe()
        try:
            pid = os.fork()
            if pid == 0:
                self._become(into_fd, said, why)
            return Controller(pipe_fd, _pidfd_of(pid))
        except OSError:
            os.close(
                pipe_fd
            )  # or a limit that lasts would use up our descriptors as well
            raise
        finally:
            os.close(into_fd)

    def _become(self, into_fd: int, said: bytes, why: str) -> None:
        try:
            fds = (*self._fds, into_fd)
            for fd in fds:
                os.set_inheritable(fd, True)
            words = [sys.argv[0], *self._options, "--again", ",".join(map(str, fds))]
            told = ["--kept", os.fsdecode(said)] if said else []
            os.execv(sys.argv[0], [*words, "--why", why, *told])
        finally:
            os._exit(1)


def main() -> None:
    """Watch the controller that has begun this, by the command line, and those after it."""
    pipe_fd, pidfd, lock_fd, settings_fd = fds = [int(word) for word in sys.argv[2:6]]
    for fd in fds:
        os.set_inheritable(fd, False)
    program = Program(lock_fd, settings_fd, sys.argv[7:])
    watch(Controller(pipe_fd, pidfd), float(sys.argv[6]), program.begin)
