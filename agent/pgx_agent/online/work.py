"""Carrying out what pgx_online plans, as the OS user.

Look, ask `core.online` for one step, take it, look again.  Whatever was started and did
not come up is stopped again.
"""

from __future__ import annotations

import os
import time

from pgx_agent.core import online
from pgx_agent.online import checks, decision, facts, recorded, refusals, starting
from pgx_agent.online.checks import Checked
from pgx_agent.online.facts import Situation
from pgx_agent.online.new_monitor import Judge
from pgx_agent.online.version_question import VersionQuestion
from pgx_agent.script import lock
from pgx_agent.script.worker import Worker
from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_base.light.typing import assert_never
from pgx_base.text import quoted
from pgx_pclrsc import ending
from pgx_postgres import binaries, identity, server_log
from pgx_postgres.running import stop

_LOOK_AGAIN = 0.05  # seconds
_STOP_TAKES = 15.0  # seconds kept for stopping what does not come up
_RECORD_TAKES = 10.0  # seconds for the record to say what the monitor has said


class Online:
    """One run of pgx_online, under the transition lock."""

    def __init__(
        self,
        worker: Worker,
        held: lock.Held,
        judge: Judge,
        *,
        break_guard: bool,
    ) -> None:
        self._worker = worker
        self._held = held
        self._name = quoted(worker.definition.name)
        self._data = worker.definition.data_directory
        self._judge = judge
        self._condemned: Ident | None = None
        self._joined: Ident | None = None  # a server that was still starting at the end
        total = worker.deadline - worker.started
        self._until = worker.deadline - min(_STOP_TAKES, 0.2 * total)
        self._start = starting.Attempts(
            worker, held, self._judge, self._until, break_guard=break_guard
        )

    def run(self, question: VersionQuestion) -> int:
        """Bring the instance Online and return 0.  Raises Failure."""
        self._question = question
        try:
            self._work(checks.check(self._worker))
        except (Failure, OSError):
            self._undo()
            raise
        return 0

    def _work(self, checked: Checked) -> None:
        done = None
        while done is None:
            if time.monotonic() > self._until:
                raise Failure(f"could not bring instance {self._name} Online in time")
            found = facts.look(self._worker, self._condemned)
            step = online.next_step(found.facts)
            self._worker.trace.write(decision.lines(found.facts, step))
            done = self._take(step, found, checked)
        self._keep(checked)
        self._worker.write_entry(*done)
        self._until_recorded(done)

    def _take(
        self, step: online.Step, found: Situation, checked: Checked
    ) -> Ident | None:
        """Take *step*; return the server that is Online after it, None to look again."""
        match step:
            case online.Adopt(server=running, joining=joining):
                return self._adopt(found, running, joining=joining)
            case online.LookAgain(why=why):
                self._worker.phase(why)
                self._worker.wait([], _LOOK_AGAIN)
            case online.Stop(server=running, mode=mode, why=why):
                self._worker.say(f"stopping postmaster {running.pid} ({mode}): {why}")
                self._end(found, mode)
            case online.EndOrphans(names=orphans):
                self._worker.say(f"ending what is left: {', '.join(orphans)}")
                self._end(found, "immediate")
            case online.Refuse(standalone=pid):
                raise refusals.standalone(self._worker.definition.name, pid)
            case online.Doubt(names=unproven):
                raise refusals.doubtful(self._worker.definition.name, unproven)
            case online.RefuseOddity(what=what):
                raise refusals.odd_pid_file(self._data, what)
            case online.Start():
                return self._bring_up(found, checked, step)
            case _ as never:
                assert_never(never)
        return None

    def _inform(self, primary: str) -> None:
        report.inform(self._worker.program, primary)
        self._worker.trace.write(primary)

    def _keep(self, checked: Checked) -> None:
        """Keep the identity of what has been brought Online."""
        wanted = identity.merged(checked.stored, checked.found)
        if wanted == checked.stored:
            return
        try:
            identity.write(self._worker.dir_fd, wanted)
        except OSError as ex:
            self._worker.warn(
                f"could not keep the identity of the instance: {ex.strerror}",
                detail="A stale copy of the data directory would not be noticed.",
            )

    def _until_recorded(self, server: Ident) -> None:
        """Wait for the record to say Online: who writes it may get no processor for long.

        Without root there is no beacon, and Check would say Offline until then.
        """
        until = min(self._until, time.monotonic() + _RECORD_TAKES)
        while time.monotonic() < until:
            if not recorded.says_starting(recorded.read(self._worker), *server):
                return
            self._worker.wait([], _LOOK_AGAIN)

    def _bring_up(
        self, found: Situation, checked: Checked, step: online.Start
    ) -> Ident | None:
        # Asked for now: who is adopted needs none.
        wanted = self._worker.definition.bin_dir
        bin_dir = binaries.find(wanted, checked.major, self._question.ask)
        forked = self._start.run(found, bin_dir, step)
        if forked is None:
            return None
        self._start.forked = None  # it has come up: nothing is to be undone any more
        self._inform(
            f"instance {self._name} is Online: started postmaster {forked.pid}"
        )
        return forked.pid, forked.start

    # --- a server that runs ---------------------------------------------------

    def _adopt(
        self, found: Situation, running: online.Server, *, joining: bool
    ) -> Ident | None:
        pid, start = running.ident
        if joining and not self._join(pid, start):
            return None
        self._held.confirm()
        ending.end_before_start(self._worker.dir_fd)
        started = joining or recorded.says_starting(found.record, pid, start)
        generation = recorded.adopting(self._worker, found.record, pid, start)
        before = server_log.mark(self._worker.dir_fd, self._data)
        verdict = self._judge.judge(
            pid, start, generation, self._until, started=started
        )
        match verdict.outcome:
            case "online":
                if verdict.why:
                    from pgx_agent.online import failed

                    failed.warn_of_closed(self._worker, verdict.why, before)
                self._inform_adopted(found, running)
                return running.ident
            case "faulted" | "shut":
                self._worker.say(f"postmaster {pid} is Faulted: {verdict.why}")
                self._condemned = running.ident
            case "late":
                # It was serving before we came, and may be: it is not ours to stop.
                from pgx_agent.online import failed

                raise failed.unanswered(self._worker, pid)
            case "gone" | "lost":
                pass
        return None

    def _inform_adopted(self, found: Situation, running: online.Server) -> None:
        if recorded.says_online(found.record, *running.ident):
            self._inform(f"instance {self._name} is Online already")
        else:
            self._inform(
                f"instance {self._name} is Online: adopted postmaster {running.pid}"
            )

    def _join(self, pid: int, start: int) -> bool:
        """Wait until a server that somebody else has started is ready; False if it ended."""
        self._worker.say(f"joining the start of postmaster {pid}")
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            outcome = starting.wait_ready(self._worker, pid, pidfd, self._until)
        finally:
            os.close(pidfd)
        if outcome == "late":
            self._joined = pid, start
            from pgx_agent.online import failed

            raise failed.late(self._worker, pid)
        return outcome == "ready"

    # --- ending ---------------------------------------------------------------

    def _end(self, found: Situation, mode: online.Mode) -> None:
        """End the instance's processes; the record says nothing from now on."""
        # In this order: a monitor that is just writing would put its record back.
        self._held.confirm()
        ending.end_before_start(self._worker.dir_fd)
        recorded.clear(self._worker)
        left = stop.stop(self._worker, found.evidence, mode, self._until)
        if left:
            raise Failure(
                f"could not end what is left of instance {self._name}",
                detail=f"Still there: {', '.join(map(str, left))}.",
                hint="Look at what these processes wait for; nothing is started beside them.",
            )

    def _undo(self) -> None:
        """Stop what was started, or joined, and did not come up.  Raises nothing."""
        ours = self._joined or self._start.forked
        if ours is None:
            return
        worker = self._worker
        try:
            found = facts.look(worker, None)
            forked = ours == self._start.forked
            if not online.is_ours_to_stop(found.facts, ours, forked=forked):
                text = "what runs is not ours to stop"
                worker.trace.write(f"{text}\n{decision.of_facts(found.facts)}")
                return
            worker.phase("stopping what was started")
            ending.end_before_start(worker.dir_fd)
            left = stop.stop(worker, found.evidence, "immediate", worker.deadline)
            if left:
                worker.warn(
                    f"what was started of instance {self._name} is not all gone",
                    detail=f"Still there: {', '.join(map(str, left))}.",
                )
            recorded.clear(worker)
        except (Failure, OSError) as ex:
            worker.trace.write(f"while stopping what was started: {ex}")
