"""Stopping an instance: the ladder of core/offline.py, carried out on its processes.

    left = stop(worker, evidence, "fast", deadline)

Waits on pidfds, so that the end of the postmaster is seen at once, and looks again every
second for what the ladder goes by.  Everything that was the instance's at one look stays
so until it is dead, also when it was re-parented: what an archive_command has begun would
keep the file system from being unmounted.  Says every 10 s for what it waits.
"""

from __future__ import annotations

import os
import time

from pgx_agent.core import offline
from pgx_agent.core.offline import Mode
from pgx_agent.postgres import holdings, instance, killing, titles
from pgx_agent.postgres.evidence import Evidence, Ident
from pgx_agent.postgres.instance import Process
from pgx_agent.postgres.progress import Progress
from pgx_agent.worker import Worker
from pgx_pclrsc import proc
from pgx_pclrsc.frozen import dataclass

LOOK_EVERY = 1.0  # seconds between two looks, unless a process ends
_SAY_EVERY = 10.0
_LEAST = 0.5  # seconds that a stop has, however late it is
_MOST_WAITED_FOR = 200  # descriptors; the rest is found at the next look
_DETACHES_WITHIN = 1.0  # seconds for the kernel to count the dead out of a segment


@dataclass(frozen=True, slots=True)
class Left:
    """Something of the instance that is still here; a shared memory segment has no PID."""

    pid: int
    text: str

    def __str__(self) -> str:
        return self.text


def stop(worker: Worker, evidence: Evidence, mode: Mode, deadline: float) -> list[Left]:
    """Stop the instance, beginning with *mode*, before monotonic *deadline*.

    Returns what is left, nothing when all went well.  Raises ParentGone.
    """
    return _Stop(worker, evidence, mode, deadline).run()


def end_orphans(worker: Worker, evidence: Evidence, deadline: float) -> list[Left]:
    """End what a postmaster that is gone has left, before monotonic *deadline*."""
    return stop(worker, evidence, "immediate", deadline)


class _Stop:
    def __init__(
        self, worker: Worker, evidence: Evidence, mode: Mode, deadline: float
    ) -> None:
        self._worker = worker
        self._evidence = evidence
        self._began = time.monotonic()
        self._limits = offline.Limits(mode, max(_LEAST, deadline - self._began))
        self._ladder = offline.Ladder()
        self._known: frozenset[Ident] = frozenset()
        self._killed: set[Ident] = set()
        self._denied: set[Ident] = set()
        self._progress = Progress()
        self._say_at = _SAY_EVERY

    def _now(self) -> float:
        return time.monotonic() - self._began

    def run(self) -> list[Left]:
        """Go down the ladder until it ends."""
        while True:
            found = self._find()
            now = self._now()
            look = self._look(found, now)
            self._ladder, todo = offline.step(self._limits, self._ladder, look, now)
            match todo:
                case offline.Done():
                    # One look can miss a process whose parent ends in the middle of it.
                    if not self._find():
                        return self._attached()
                case offline.GiveUp(because):
                    self._worker.say(f"giving up: {because}")
                    return [_left(process) for process in found]
                case offline.SendFast():
                    self._request(found, "fast")
                case offline.SendImmediate(because):
                    self._request(found, "immediate", because)
                case offline.Kill(because):
                    self._kill(because)
                case offline.Wait(until):
                    self._wait(found, until)

    def _find(self) -> list[Process]:
        found = instance.processes(self._evidence, self._known)
        if not self._known:
            self._evidence = instance.with_memory(self._evidence, found)
        self._known |= {process.ident for process in found}
        return found

    def _look(self, found: list[Process], now: float) -> offline.Look:
        seen = self._progress
        seen.note(found, self._denied, now)
        roles = {titles.role(process.command) for process in found if not process.head}
        unkilled = (p for p in found if p.ident not in self._killed | self._denied)
        return offline.Look(
            postmasters="".join(process.state for process in found if process.head),
            left=len(found),
            unkilled=sum(1 for _ in unkilled),
            hung_for=seen.hung_for(now),
            longest=seen.longest(now),
            backend=titles.BACKEND in roles,
            checkpointer_idle=seen.checkpointer_idle,
            stuck_for=seen.stuck_for(now),
        )

    def _request(self, found: list[Process], mode: Mode, because: str = "") -> None:
        for postmaster in instance.postmasters(found):
            text = f"requesting {mode} shutdown of postmaster {postmaster.pid}"
            if mode == self._limits.mode:
                self._worker.trace.write(text)
            else:
                self._worker.say(f"{text}: {because}")
            if not killing.request(postmaster, mode):
                self._denied.add(postmaster.ident)

    def _kill(self, because: str) -> None:
        killed, denied = killing.kill_all(self._find)
        self._killed |= {process.ident for process in killed}
        self._denied |= {process.ident for process in denied}
        if killed:
            named = titles.waited_for((p.pid, p.command) for p in killed)
            self._worker.say(f"killing {len(killed)} processes ({named}): {because}")

    def _wait(self, found: list[Process], until: float) -> None:
        """Wait until what is waited for has ended, or it is time for another look."""
        now = self._now()
        if now >= self._say_at:
            self._say(found)
        heads = instance.postmasters(found) or found
        pidfds = _open(heads[:_MOST_WAITED_FOR])
        try:
            self._until_all_end(pidfds, min(until, now + LOOK_EVERY))
        finally:
            for pidfd in pidfds:
                os.close(pidfd)

    def _until_all_end(self, pidfds: list[int], until: float) -> None:
        waiting = list(pidfds)
        while waiting and (seconds := until - self._now()) > 0:
            ended = self._worker.wait(waiting, seconds)
            waiting = [pidfd for pidfd in waiting if pidfd not in ended]

    def _say(self, found: list[Process]) -> None:
        self._say_at = self._now() + _SAY_EVERY
        others = [(p.pid, p.command) for p in found if not p.head]
        text = titles.waited_for(others)
        self._worker.phase(f"waiting for {text}")
        self._worker.say(f"waiting for {text} since {self._now():.0f} s")

    def _attached(self) -> list[Left]:
        """Return the segments of the instance that somebody still has attached."""
        until = self._now() + _DETACHES_WITHIN
        while left := _attached(self._evidence):
            if self._now() >= until:
                return left
            self._worker.wait([], 0.02)
        return []


def _attached(evidence: Evidence) -> list[Left]:
    if not evidence.segments:
        return []
    there = holdings.segments()
    return [
        Left(0, f"shared memory segment {shmid} with {there[shmid].attached} attached")
        for shmid in sorted(evidence.segments)
        if shmid in there and there[shmid].attached
    ]


def _open(processes: list[Process]) -> list[int]:
    """Return pidfds of those of *processes* that still live."""
    pidfds = []
    for process in processes:
        try:
            pidfd = os.pidfd_open(process.pid)
        except OSError:
            continue
        if proc.alive(process.pid, process.start):
            pidfds.append(pidfd)
        else:
            os.close(pidfd)
    return pidfds


def _left(process: Process) -> Left:
    where = holdings.wait_channel(process.pid)
    text = f"process {process.pid} ({process.command}) in state {process.state}"
    return Left(
        process.pid, f"{text}, waiting in the kernel at {where}" if where else text
    )
