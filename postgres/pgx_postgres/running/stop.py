"""Stopping an instance: the ladder of core/ladder.py, carried out on its processes.

    left = stop(caller, evidence, "fast", deadline)

Waits on pidfds, so that the end of the postmaster is seen at once, and looks now and then
for what the ladder goes by: at the processes that are known and what they have begun, and
at all of /proc only when a postmaster has ended.  Everything that was the instance's at one
look stays so until it is dead, also when it was re-parented: what an archive_command has
begun would keep the file system from being unmounted.  Says every 10 s for what it waits.
"""

from __future__ import annotations

import os
import time

from pgx_base import proc
from pgx_base.idents import Ident
from pgx_postgres import titles
from pgx_postgres.processes import family, holdings, instance
from pgx_postgres.processes.evidence import Evidence
from pgx_postgres.processes.instance import Process
from pgx_postgres.running import killing, left, stop_facts
from pgx_postgres.running.caller import Caller
from pgx_postgres.running.core import ladder
from pgx_postgres.running.core.ladder import Mode
from pgx_postgres.running.core.patience import EndAlone
from pgx_postgres.running.left import Left as Left
from pgx_postgres.running.progress import Progress

_SAY_EVERY = 10.0
_LEAST = 0.5  # seconds that a stop has, however late it is
_MOST_WAITED_FOR = 200  # descriptors; the rest is found at the next look
_DETACHES_WITHIN = 1.0  # seconds for the kernel to count the dead out of a segment


def stop(
    caller: Caller, evidence: Evidence, mode: Mode, deadline: float, mute: str = ""
) -> list[Left]:
    """Stop the instance, beginning with *mode*, before monotonic *deadline*.

    *mute* is a log file that hangs: a server that writes to it is killed, since it would
    hang over saying that it was asked to stop.
    Returns what is left, nothing when all went well.  Raises what *caller* ends a wait with.
    """
    return _Stop(caller, evidence, mode, deadline, mute).run()


class _Stop:
    def __init__(
        self,
        caller: Caller,
        evidence: Evidence,
        mode: Mode,
        deadline: float,
        mute: str,
    ) -> None:
        self._caller = caller
        self._evidence = evidence
        self._began = time.monotonic()
        self._terms = ladder.Terms(mode, max(_LEAST, deadline - self._began))
        self._mute = mute
        self._ladder = ladder.Ladder()
        self._found: list[Process] = []
        self._known: frozenset[Ident] = frozenset()
        self._killed: set[Ident] = set()
        self._denied: set[Ident] = set()
        self._progress = Progress(self._terms.patience)
        self._say_at = _SAY_EVERY
        self._looks = self._looks_here = self._passes = 0
        self._cost = 0.0  # of the last look, in seconds of a processor

    def _now(self) -> float:
        return time.monotonic() - self._began

    def run(self) -> list[Left]:
        """Go down the ladder until it ends."""
        there = self._descend()
        now = self._now()
        self._caller.note(stop_facts.in_words(self._ladder.rung, now, len(there)))
        self._caller.note(
            stop_facts.end(
                self._ladder.rung, now, self._looks, self._passes, len(there)
            )
        )
        return there

    def _descend(self) -> list[Left]:
        while True:
            began = time.process_time()
            found = self._find_again()
            now = self._now()
            look = self._look(found, now)
            rung = self._ladder.rung
            self._ladder, todo = ladder.step(self._terms, self._ladder, look, now)
            self._looks += 1
            self._looks_here = 0 if self._ladder.rung != rung else self._looks_here + 1
            self._cost = time.process_time() - began
            if not isinstance(todo, ladder.Wait):
                text = stop_facts.step(look, todo, self._ladder.rung, self._now())
                self._caller.note(text)
            match todo:
                case ladder.Done():
                    # One look can miss a process whose parent ends in the middle of it.
                    if not self._find():
                        return self._attached()
                case ladder.GiveUp(because):
                    self._caller.say(f"giving up: {because}")
                    return [left.of(process, self._denied) for process in found]
                case ladder.SendFast():
                    self._request(found, "fast")
                case ladder.SendImmediate(because):
                    self._request(found, "immediate", because)
                case EndAlone():
                    self._end_alone(todo)
                case ladder.Kill(because):
                    self._kill(because)
                case ladder.Wait(until):
                    self._wait(found, until)

    def _find_again(self) -> list[Process]:
        """Look at those that are known, as long as that tells everything."""
        if self._ladder.rung in ("fast", "immediate"):
            found = family.again(self._found)
            if found is not None and instance.postmasters(found):
                self._keep(found)
                return found
        return self._find()

    def _find(self) -> list[Process]:
        found = instance.processes(self._evidence, self._known)
        self._passes += 1
        if not self._known:
            self._evidence = instance.with_memory(self._evidence, found)
        self._keep(found)
        return found

    def _keep(self, found: list[Process]) -> None:
        self._found = found
        self._known |= {process.ident for process in found}

    def _look(self, found: list[Process], now: float) -> ladder.Look:
        seen = self._progress
        fast = self._ladder.rung == "fast"
        seen.note(found, self._denied, now, work=fast)
        heads = instance.postmasters(found)
        unkilled = (p for p in found if p.ident not in self._killed | self._denied)
        return ladder.Look(
            postmasters="".join(process.state for process in heads),
            stopped_for=seen.stopped_for(heads, now),
            mute=bool(self._mute) and any(map(self._is_mute, heads)),
            denied=sum(1 for process in heads if process.ident in self._denied),
            left=len(found),
            unkilled=sum(1 for _ in unkilled),
            hung_for=seen.hung_for(now),
            longest=seen.longest(now),
            stuck_for=seen.stuck_for(now),
            holders=seen.holders(now) if fast else (),
            quiet_for=seen.quiet_for(now),
            checkpointer_idle=seen.checkpointer_idle,
        )

    def _is_mute(self, head: Process) -> bool:
        """Whether what it writes goes to a log that hangs; by name, to ask nobody."""
        end = "/".join(self._mute.rsplit("/", 2)[-2:])
        return any(
            holdings.open_file(head.pid, fd).endswith(f"/{end}") for fd in (1, 2)
        )

    def _request(self, found: list[Process], mode: Mode, because: str = "") -> None:
        for postmaster in instance.postmasters(found):
            text = f"requesting {mode} shutdown of postmaster {postmaster.pid}"
            if mode == self._terms.mode:
                self._caller.note(text)
            else:
                self._caller.say(f"{text}: {because}")
            if not killing.request(postmaster, mode):
                self._denied.add(postmaster.ident)

    def _end_alone(self, todo: EndAlone) -> None:
        """End what holds one process up, so that the rest can be stopped in fast mode."""
        unit = self._progress.unit(todo.pid)
        if unit is None:
            return
        process, commands = unit
        named = titles.waited_for((p.pid, p.command) for p in commands or [process])
        how = "killing" if todo.kill else "ending"
        self._caller.say(f"{how} {named} alone: {todo.because}")
        self._progress.asked(process, "kill" if todo.kill else "end", self._now())
        self._looks_here = 0
        if commands and todo.kill:
            killed, _ = killing.kill_all(lambda: self._commands(process))
            self._killed |= {one.ident for one in killed}
        else:
            killing.end(commands or [process])

    def _commands(self, process: Process) -> list[Process]:
        """Return what *process* has begun and not ended, looked for anew."""
        found = family.again([process]) or []
        return [one for one in found if one.pid != process.pid]

    def _kill(self, because: str) -> None:
        killed, denied = killing.kill_all(self._find)
        self._killed |= {process.ident for process in killed}
        self._denied |= {process.ident for process in denied}
        if killed:
            named = titles.waited_for(
                ((p.pid, p.command) for p in killed), self._progress.cluster
            )
            self._caller.say(f"killing {len(killed)} processes ({named}): {because}")

    def _wait(self, found: list[Process], until: float) -> None:
        """Wait until what is waited for has ended, or it is time for another look."""
        now = self._now()
        if now >= self._say_at:
            self._say(found)
        heads = instance.postmasters(found) or found
        pidfds = _open(heads[:_MOST_WAITED_FOR])
        try:
            pause = ladder.until_next_look(self._looks_here, self._cost)
            self._until_all_end(pidfds, min(until, now + pause))
        finally:
            for pidfd in pidfds:
                os.close(pidfd)

    def _until_all_end(self, pidfds: list[int], until: float) -> None:
        waiting = list(pidfds)
        while waiting and (seconds := until - self._now()) > 0:
            ended = self._caller.wait(waiting, seconds)
            waiting = [pidfd for pidfd in waiting if pidfd not in ended]

    def _say(self, found: list[Process]) -> None:
        self._say_at = self._now() + _SAY_EVERY
        others = [(p.pid, p.command) for p in found if not p.head]
        text = titles.waited_for(others, self._progress.cluster)
        self._caller.phase(f"waiting for {text}")
        self._caller.say(f"waiting for {text} since {self._now():.0f} s")

    def _attached(self) -> list[Left]:
        """Return the segments of the instance that somebody still has attached."""
        until = self._now() + _DETACHES_WITHIN
        while there := left.attached(self._evidence):
            if self._now() >= until:
                return there
            self._caller.wait([], 0.02)
        return []


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
