"""The controller's loop: one poll over the peer, the register, mc_ctl, hands and time.

At each turn what has arrived is heard first, and only then is time judged.  What is to be
done is decided in `core.deciding`; nothing here waits for anything but the poll.
"""

from __future__ import annotations

import math
import select
import time
from dataclasses import replace

from pgx_mirror.controller import tracing
from pgx_mirror.controller.acting import Acting
from pgx_mirror.controller.answering import Answering
from pgx_mirror.controller.disks import Disks
from pgx_mirror.controller.inspecting import Inspecting
from pgx_mirror.controller.jobs import looker, prover
from pgx_mirror.controller.neighbours import Neighbours
from pgx_mirror.controller.shortage import Shortage
from pgx_mirror.controller.telling import Telling
from pgx_mirror.controller.watched import Watched
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.deciding.step import step
from pgx_mirror.core.deciding.wake import is_looked_for, wake
from pgx_mirror.core.effects import AskForPen, Effect, Lift
from pgx_mirror.core.events import Event, Tick
from pgx_mirror.core.facts import PROOF, RELEASING, Facts
from pgx_mirror.core.known import basics, names
from pgx_mirror.core.mark import PAIR
from pgx_mirror.core.report import NAMES_SET, Report
from pgx_mirror.hands.lateness import Lateness
from pgx_mirror.hands.line import Ended
from pgx_mirror.hands.staff import Staff
from pgx_mirror.messages import controller as messages
from pgx_mirror.messages import server as of_server

_PARTS_WITHIN = 1.0  # seconds for the last word to the peer
_TOGETHER = 0.03  # seconds after a beat
_LONGEST = 0.5  # seconds between two turns, so that the watcher sees that we live


class Controller:
    """One controller, until an operator's word ends it."""

    def __init__(
        self,
        facts: Facts,
        acting: Acting,
        staff: Staff,
        neighbours: Neighbours,
        disks: Disks,
        answering: Answering,
        telling: Telling,
        watched: Watched,
        inspecting: Inspecting,
    ) -> None:
        self._facts = facts
        self._acting, self._staff = acting, staff
        self._neighbours, self._answering = neighbours, answering
        self._disks = disks
        self._telling, self._watched = telling, watched
        self._inspecting = inspecting
        self._said: Report | None = None
        self._say_at = self._beat_at = 0.0
        self._lateness = Lateness(time.monotonic())
        self._freed = False
        # What the last step came to, having begun nothing, and until when that holds.
        self._settled: tuple[Facts | None, float] = (None, 0.0)
        self._reported: tuple[Facts | None, Report | None] = (None, None)
        self._shortage = Shortage()

    def run(self) -> None:
        """Turn until it is over."""
        while not self._answering.is_over():
            self._turn()
        self._say(time.monotonic(), whole=True)
        self._part()

    def _part(self) -> None:
        """Let the last word go out: who has not heard that we leave takes us for dead."""
        until = time.monotonic() + _PARTS_WITHIN
        while (now := time.monotonic()) < until:
            poll, interests = select.poll(), self._neighbours.interests()
            if not any(mask & select.POLLOUT for _, mask in interests):
                return
            for fd, mask in interests:
                poll.register(fd, mask)
            ready = dict(poll.poll(math.ceil((until - now) * 1000)))
            for _ in self._neighbours.hear(ready, time.monotonic()):
                pass

    def _turn(self) -> None:
        ready = self._wait()
        now = self._now()
        if self._watched.is_gone(ready):
            me, why = self._facts.terms.me, "its process is gone"
            self._telling.say(messages.WATCHER_GONE, server=me, reason=why)
        self._watched.live(self._facts, now)
        self._lacks(self._watched.trouble, now)
        for work, message in self._staff.hear(ready):
            if work == tracing.WORK:
                continue
            if self._inspecting.is_at(work):
                self._inspecting.hear(message)
                continue
            if isinstance(message, Ended) and not message.begun:
                self._lacks(message.problem, now)
            for event in self._acting.hear(work, message, self._facts):
                self._step(event)
        self._note()
        noticed = self._inspecting.turn(self._acting.postmaster, self._facts)
        for news, given in (*self._answering.news(), *noticed):
            self._telling.say(news, **given)
        beats = now >= self._say_at
        for event in self._disks.hear(ready, self._facts, now, begins=beats):
            self._step(event)
        for event in self._neighbours.hear(ready, now):
            self._step(event)
        for event in self._answering.hear(ready, self._facts, now):
            self._step(event)
        for request in self._neighbours.asked():
            for event in self._answering.asked_by_peer(request, self._facts, now):
                self._step(event)
        if not self._is_settled(now):
            self._step(Tick())
        self._acting.tick(self._facts, now)
        self._telling.turn(self._facts, now)
        self._telling.trace.turn(self._staff, now)
        for event in self._answering.finish(self._facts, time.monotonic()):
            self._step(event)
        self._say(now)

    def _is_settled(self, now: float) -> bool:
        """Whether a Tick would change nothing: neither what is done, nor what is said."""
        facts, until = self._settled
        return facts is self._facts and now < until

    def _lacks(self, trouble: str, now: float) -> None:
        """Say that no process can be begun, where *trouble* says why."""
        if trouble and self._shortage.is_news(now):
            me = self._facts.terms.me
            self._telling.say(messages.NO_PROCESS, server=me, reason=trouble)

    def _note(self) -> None:
        """Keep what hands have said beside their work."""
        for text in self._acting.said:
            self._telling.note(text)
        self._acting.said.clear()
        for message, given in self._acting.programs.news:
            self._telling.say(message, **given)
        self._acting.programs.news.clear()
        for why in self._acting.refused:
            me, user = self._facts.terms.me, self._acting.user
            self._telling.say(
                of_server.PASSWORD_REFUSED, server=me, user=user, reason=why
            )
        self._acting.refused.clear()

    def _wait(self) -> dict[int, int]:
        """Return what is ready, by the time that something is due.

        What answers a beat of a steady server, from the peer, the register and the disks,
        is let come together: a turn for each would cost more than all else.
        """
        now = self._now()
        hands = [(fd, select.POLLIN) for fd in self._staff.fds()]
        asked = [*hands, *self._answering.interests()]
        together = self._beat_at + _TOGETHER
        if now < together and basics.is_steady(self._facts):
            if ready := self._poll(asked, now, min(together, self._due(now))):
                return ready
            now = self._now()
        disks = [(fd, select.POLLIN) for fd in self._disks.fds()]
        watcher = [(fd, 0) for fd in self._watched.fds()]
        heard = [*self._neighbours.interests(), *disks, *watcher]
        return self._poll([*asked, *heard], now, self._due(now))

    def _poll(
        self, interests: list[tuple[int, int]], now: float, until: float
    ) -> dict[int, int]:
        poll = select.poll()
        for fd, mask in interests:
            poll.register(fd, mask)
        self._lateness.waits(until)
        return dict(poll.poll(math.ceil((until - now) * 1000)))

    def _due(self, now: float) -> float:
        due = (self._neighbours.next_tick(), self._disks.next_tick())
        facts, until = self._settled
        if facts is not self._facts:
            until = wake(self._facts, now)
        soonest = min(now + _LONGEST, self._say_at, until, *due)
        return max(now, soonest)

    def _now(self) -> float:
        """Return the time; where we did not run meanwhile, deadlines are pushed back."""
        now = time.monotonic()
        if late := self._lateness.at(now):
            self._forgive(late)
        return now

    def _forgive(self, late: float) -> None:
        facts = self._facts
        self._facts = facts.but(
            heard_at=facts.heard_at + late,
            stream_at=facts.stream_at + late,
            sender_at=facts.sender_at + late,
        )
        self._telling.late(late)

    # --- decisions ---------------------------------------------------------------------

    def _step(self, event: Event) -> None:
        now = self._now()
        before = self._facts
        self._facts, effects = step(before, event, now)
        self._settled = (None if effects else self._facts, wake(self._facts, now))
        if isinstance(event, told.Looked):
            self._disks.looked(event.seen, now)
        self._telling.compare(before, self._facts, event, effects)
        for effect in effects:
            self._do(effect)
        self._mind_proof()
        self._mind_looker()

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, AskForPen | Lift):
            for event in self._neighbours.ask(effect, time.monotonic()):
                self._step(event)
            return
        for event in self._acting.do(effect, self._facts):
            self._step(event)

    def _bind(self, report: Report, now: float, *, beats: bool) -> None:
        """Tell the register each mark that has become durable, and who we are by that."""
        mark = self._facts.mark
        if mark is not None and not self._facts.unsure:
            for event in self._neighbours.bound(mark, report, now, beats=beats):
                self._step(event)

    def _mind_proof(self) -> None:
        """End a proof whose arming was given up; have it free what waits once that may pass."""
        facts = self._facts
        if PROOF not in facts.busy:
            self._freed = False
            return
        if facts.arming is None:
            self._staff.end(PROOF)
            self._step(told.ProofFailed("the arming was given up"))
        elif facts.arming.stage == RELEASING and facts.names == NAMES_SET:
            if not self._freed:
                self._staff.tell(PROOF, prover.FREE)
            self._freed = True

    def _mind_looker(self) -> None:
        facts = self._facts
        paired = basics.is_in(facts, PAIR)
        pace = looker.Pace(
            is_looked_for(facts), paired, self._disks.late, names.is_to_be_freed(facts)
        )
        self._acting.look(pace)

    # --- what is said ------------------------------------------------------------------

    def _say(self, now: float, *, whole: bool = False) -> None:
        """Send the report: each heartbeat_interval, and at once where it has changed."""
        report, due = self._report(now), now >= self._say_at
        self._bind(report, now, beats=due)
        news = self._said is None or _without_progress(report) != self._said
        if not (news or whole or due):
            return
        self._neighbours.say(report)
        self._said = _without_progress(report)
        if due:
            self._beat_at = now
            self._say_at = now + self._facts.terms.interval

    def _report(self, now: float) -> Report:
        facts, report = self._reported
        if report is None or facts is not self._facts or not self._is_settled(now):
            report = report_of(self._facts, now)
            self._reported = (self._facts, report)
        return report


def _without_progress(report: Report) -> Report:
    """Return *report* without what changes with each commit."""
    return replace(report, position=0)
