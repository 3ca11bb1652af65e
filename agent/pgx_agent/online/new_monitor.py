"""A monitor that Online starts: early, told later which server it is for.

Its imports take as long as a server's start, so it is spawned just before and reads the
postmaster's PID, start time and the record's generation from a pipe once the server is
there.  No earlier: it would take a processor from what Online does until then.  A pipe
that closes without a line makes it exit: an Online that is killed leaves no monitor
behind that nobody told anything.
"""

from __future__ import annotations

import os
import time

from pgx_agent.monitor import launch
from pgx_agent.monitor.options import ADOPTED, STARTED
from pgx_agent.script.worker import Worker
from pgx_base import reach
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

Said: TypeAlias = "Literal['online', 'shut', 'faulted', 'gone']"
Outcome: TypeAlias = "Said | Literal['late', 'lost']"
_NO_REASON = "it has given no reason here; in trace.log, unless it was killed"
_SAID: tuple[Said, ...] = ("online", "shut", "faulted", "gone")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the monitor found.

    `online`: the instance has answered and is watched, *why* names a database that lets
    nobody in.  `shut`: one that was started here lets nobody in at all.  `faulted`: its
    rules say so, *why* is its reason.  `gone`: the postmaster has ended.  `late`: nothing
    was said in time.  `lost`: the monitor ended without a word of the instance, *why* is its
    own reason where it had one.
    """

    outcome: Outcome
    why: str = ""


def parse(line: str) -> Verdict:
    """Return what the monitor's one *line* says; anything else is a lost monitor."""
    word, _, rest = line.strip().partition(" ")
    for outcome in _SAID:
        if word == outcome:
            return Verdict(outcome, _warning(rest) if word == "online" else rest)
    return Verdict("lost", rest if word == "lost" else "")


def _warning(rest: str) -> str:
    """Return what follows PID and start time."""
    return rest.partition(" ")[2].partition(" ")[2]


class NewMonitor:
    """One monitor, from its spawning to its first word."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        worker.new_beacon()
        told, self._tell = os.pipe()
        self._ready, says = os.pipe()
        self._errors, stderr = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for fd in (told, says):
            os.set_inheritable(fd, True)
        options = ["--by=online", f"--wait-fd={told}", f"--ready-fd={says}"]
        try:
            launch.spawn(worker.definition, options, stderr)
        finally:
            for fd in (told, says, stderr):
                os.close(fd)

    def tell(self, pid: int, start: int, generation: str, *, started: bool) -> None:
        """Tell it which postmaster it is for; one that has ended already is noticed later."""
        try:
            word = STARTED if started else ADOPTED
            os.write(self._tell, f"{pid} {start} {generation} {word}\n".encode())
        except BrokenPipeError:
            pass
        self._let_go()

    def _let_go(self) -> None:
        if self._tell >= 0:
            os.close(self._tell)
            self._tell = -1

    def wait(self, until: float) -> Verdict:
        """Return its first word, waiting until monotonic *until*.  Raises ParentGone."""
        data = b""
        while not data.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not self._worker.wait([self._ready], left):
                return Verdict("late")
            more = os.read(self._ready, 4096)
            if not more:
                break
            data += more
        verdict = parse(data.decode("utf-8", "replace"))
        if verdict.outcome == "lost" and not verdict.why:
            return Verdict("lost", self._last_error())
        return verdict

    def _last_error(self) -> str:
        """Return why it ended before it had detached; later it would have said so itself."""
        try:
            said = os.read(self._errors, 1 << 16).decode("utf-8", "replace")
        except BlockingIOError:
            said = ""
        for line in said.splitlines():
            self._worker.trace.write(f"the monitor: {line}")
        last = said.strip().splitlines()[-1:]
        return last[0].strip() if last else _NO_REASON

    def dismiss(self) -> None:
        """Let go of it: if it was told nothing it exits."""
        self._let_go()
        for fd in (self._ready, self._errors):
            if fd >= 0:
                os.close(fd)
        self._ready = self._errors = -1


class Judge:
    """Has a monitor judge a server; the first one is spawned ahead of time."""

    _TRIES = 3  # monitors that may end without a word

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._monitor: NewMonitor | None = None

    def prepare(self) -> NewMonitor:
        """Spawn a monitor unless one waits already.  Raises Failure."""
        if self._monitor is None:
            try:
                self._monitor = NewMonitor(self._worker)
            except OSError as ex:
                raise self._not_started(ex) from ex
        return self._monitor

    def _not_started(self, problem: OSError) -> Failure:
        user = self._worker.definition.os_user
        if closed := reach.closed(os.path.dirname(launch.program())):
            return reach.refused_programs(user, closed)
        return Failure(f"could not start the monitor: {problem.strerror}")

    def _lost(self, why: str) -> Failure:
        """Return why monitors end without a word, as far as that can be told."""
        definition, root = self._worker.definition, self._worker.root
        if closed := reach.closed(root):
            return reach.refused_registry(root, definition.os_user, closed)
        return Failure(
            f"could not watch instance {quoted(definition.name)}: its monitor ends "
            "without a word",
            detail=f"The last one: {why.rstrip('.')}.",
            hint="The system log and trace.log have its reason.",
        )

    def dismiss(self) -> None:
        """Let go of the monitor: one that was told nothing exits."""
        if self._monitor is not None:
            self._monitor.dismiss()
            self._monitor = None

    def judge(
        self, pid: int, start: int, generation: str, until: float, *, started: bool
    ) -> Verdict:
        """Return what a monitor finds of the postmaster, until monotonic *until*.

        *started*: it was started by an Online, and has not answered yet.

        Raises Failure when one monitor after the other ends without a word.
        """
        for _ in range(self._TRIES):
            self._worker.phase(f"waiting for an answer of postmaster {pid}")
            self.prepare().tell(pid, start, generation, started=started)
            verdict = self.prepare().wait(until)
            self.dismiss()
            why = f": {verdict.why}" if verdict.why else ""
            self._worker.note(f"the monitor says {verdict.outcome}{why}")
            if verdict.outcome != "lost":
                return verdict
        raise self._lost(verdict.why)
