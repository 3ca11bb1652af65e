"""The half of a transition that works, as the OS user, and what it asks of the other half.

The worker opens, writes, starts and signals.  Its parent only looks, keeps the entry
under /run, and gives the verdict when the worker hangs (a shared disk that does not
answer holds up the worker alone).
"""

from __future__ import annotations

import select
import time

from pgx_agent.script import line
from pgx_agent.script.job import Job
from pgx_agent.script.line import ParentGone, WorkersEnd
from pgx_base import files, proc, report
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_base.report import Failure
from pgx_base.trace import Trace
from pgx_pclrsc.core.definition import ResourceDefinition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from pgx_agent.script.at_workdir import AtWorkdir

# What a worker may do with the work directory: all; look, since writes hang; nothing.
Use: TypeAlias = "Literal['whole', 'read', 'none']"


@dataclass(frozen=True, slots=True)
class Before:
    """The worker before this one, which hangs, and the phases that were reached by then."""

    ident: Ident
    phases: frozenset[str]


class Worker:
    """What the working half has to go by, and its line to the parent."""

    def __init__(
        self,
        job: Job,
        deadline: float,
        end: WorkersEnd,
        trace: Trace,
        dir_fd: int,
        at_workdir: AtWorkdir,
        use: Use,
        before: Before | None = None,
    ) -> None:
        self.program = job.program
        self.definition = job.definition
        self.root = job.root
        self.request = job.request
        self.started = time.monotonic()
        self.deadline = deadline
        self.trace = trace
        self.dir_fd = dir_fd
        self.at_workdir = at_workdir
        self.use = use
        self._before = before
        self._line = end

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the parent is gone."""
        return self._line.fileno()

    def phase(self, text: str) -> None:
        """Say what is being done, for the parent to name should it never end."""
        self.trace.write(text)
        self._line.tell(line.PHASE, text)

    def note(self, text: str) -> None:
        """Write *text* to the trace alone."""
        self.trace.write(text)

    def say(self, text: str) -> None:
        """Report progress on stderr and in the trace."""
        report.to_stderr(f"{self.program}: {text}")
        self.trace.write(text)

    def warn(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        """Show a warning on stderr, in the system log and in the trace."""
        message = Failure(primary, detail=detail, hint=hint)
        report.show(self.program, "warning", message)
        self.trace.write("\n".join(report.lines(self.program, "warning", message)))

    def bystanders(self, keys: list[tuple[int, int]]) -> list[str]:
        """Ask for processes of any user that keep a file system with one of *keys* busy.

        *keys* are (device, inode) of directories.  Each text names PID, user and command.
        """
        return self._line.ask(line.BYSTANDERS, *(f"{dev}:{ino}" for dev, ino in keys))

    def write_entry(self, pid: int, start: int) -> None:
        """Have the root-owned entry under /run name this postmaster."""
        self._line.ask(line.ENTRY, str(pid), str(start))

    def new_beacon(self) -> None:
        """Have a beacon made anew for the next monitor; without root there is none."""
        self._line.ask(line.BEACON)

    def latch_faulted(self, pid: int, start: int) -> None:
        """Have it kept on the beacon that this postmaster is Faulted."""
        self._line.ask(line.FAULTED, str(pid), str(start))

    def remove_entry(self) -> None:
        """Have the root-owned entry under /run removed."""
        self._line.ask(line.FORGET)

    def leave_stopped(self) -> str:
        """Have the entry say that an Offline has finished; return why it does not, or ""."""
        return "".join(self._line.ask(line.STOPPED))

    def wait(self, fds: list[int], seconds: float) -> list[int]:
        """Return those of *fds* that become readable within *seconds*.

        Raises ParentGone as soon as the parent is gone.
        """
        poll = select.poll()
        for fd in (*fds, self.fileno()):
            poll.register(fd, select.POLLIN)
        ready = [fd for fd, _ in poll.poll(max(0.0, seconds) * 1000)]
        if self.fileno() in ready:
            raise ParentGone
        return ready

    def workdir_hangs(self) -> bool:
        """Whether the worker before us hangs still: it was killed, and dies when it can."""
        return self._before is not None and proc.alive(*self._before.ident)

    def had_reached(self, phase: str) -> bool:
        """Whether a worker before us had come to *phase*: it is traced, then told, then done."""
        return self._before is not None and phase in self._before.phases

    def left(self) -> float:
        """Return the seconds until the verdict must be given."""
        return self.deadline - time.monotonic()


def open_workdir(
    program: str, definition: ResourceDefinition, needs_workdir: bool, use: Use
) -> int:
    """Return a descriptor of the work directory, -1 with a warning where it is not needed.

    -1 also where no *use* is to be made of it.  Raises Failure where it is needed.
    """
    if use == "none":
        return -1
    try:
        return files.open_workdir(definition.work_directory)
    except OSError as ex:
        problem = Failure(
            f'could not open work directory "{definition.work_directory}": {ex.strerror}',
            hint="It must be a directory of the OS user with mode 0700, and no link.",
        )
        if needs_workdir:
            raise problem from ex
        report.show(program, "warning", problem)
        return -1
