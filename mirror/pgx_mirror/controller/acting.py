"""From effects to hands, and from what hands say to events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_mirror.controller.jobs import files, instance, looker, prover, seer, sessions
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.controller.programs import Programs
from pgx_mirror.core import effects as do
from pgx_mirror.core import events as told
from pgx_mirror.core.effects import Effect, StopServer
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import BEARS, CONF, MARK, PROOF, SERVER, Facts
from pgx_mirror.core.known.times import PROVED_OFF_WITHIN
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.report import DOWN, STARTING, STOPPING, UNSURE, UP
from pgx_mirror.core.seen import Seen
from pgx_mirror.hands.line import Ended, Said
from pgx_mirror.hands.staff import Staff
from pgx_postgres.watch.watched import Limits

SEER, LOOKER, FINDER = "seer", "looker", "finder"
_LOOK_AGAIN = 1.0  # seconds


class Acting:
    """Does what the core wants done to this server; the register is not its part."""

    def __init__(
        self,
        site: Site,
        staff: Staff,
        limits: Limits,
        interval: float,
        patience: float,
        programs: Programs,
        shown: dict[str, tuple[Failure, ...]],
    ) -> None:
        """*shown* takes, for a start that failed, what is shown of its text."""
        self._shown = shown
        self._site, self._staff, self._limits = site, staff, limits
        self.user = site.user
        self._interval, self._patience, self.programs = interval, patience, programs
        self.postmaster: Ident | None = None
        self.said: list[str] = []
        self.refused: list[str] = []  # logins
        self.blind = ""  # why the last one was refused, until one is not
        self._look_at = 0.0
        self._pace = looker.Pace()

    # --- what is to be done ------------------------------------------------------------

    def do(self, effect: Effect, facts: Facts) -> Iterator[Event]:
        """Begin *effect*; what is known at once is told."""
        site, staff = self._site, self._staff
        match effect:
            case do.WriteMark(mark):
                staff.begin(MARK, files.write_mark, site, mark)
            case do.WriteNames(names):
                staff.begin(CONF, files.write_names, site, names, self._running(facts))
            case do.Start():
                yield from self._start(facts)
            case do.StopServer():
                yield from self._stop(effect, facts)
            case do.Promote():
                staff.begin(
                    SERVER, sessions.promoted, site, self.postmaster, self._patience
                )
            case do.Bear(name):
                staff.begin(BEARS, files.bear, site, name, self._running(facts))
            case do.ProveOff():
                terms = facts.terms
                staff.begin(PROOF, prover.prove, site, PROVED_OFF_WITHIN, terms.held)
            case do.ProveOn():
                staff.tell(PROOF, prover.ON)
            case do.RunCommand():
                yield from self.programs.call(effect)
            case do.AskForPen() | do.Lift():
                raise AssertionError("the register is asked elsewhere")
            case _:
                assert_never(effect)

    def _running(self, facts: Facts) -> Ident | None:
        return self.postmaster if facts.server in (UP, STARTING) else None

    def _start(self, facts: Facts) -> Iterator[Event]:
        self._staff.begin(SERVER, instance.start, self._site, self._patience)
        yield told.ServerIs(STARTING, facts.standby)
        yield told.Judged("")

    def _stop(self, how: StopServer, facts: Facts) -> Iterator[Event]:
        """A server that first makes a checkpoint is up and watched meanwhile."""
        self.said.append(f"stopping the server ({how.mode}): {how.because}")
        job = sessions.stop if how.checkpoint else instance.stop
        arguments = (self._site, how.mode, self.postmaster, self._patience)
        self._staff.begin(SERVER, job, *arguments)
        if not how.checkpoint:
            yield from self._stopping(facts)

    def _stopping(self, facts: Facts) -> Iterator[Event]:
        self.unwatch()
        yield told.ServerIs(STOPPING, facts.standby)

    def watch(self, postmaster: Ident) -> None:
        """Watch a server that runs."""
        self.postmaster = postmaster
        self._watch_by(SEER, postmaster)
        self._watch_by(LOOKER, postmaster)

    def _watch_by(self, work: str, postmaster: Ident) -> None:
        site = self._site
        if work == SEER:
            self._staff.begin(SEER, seer.watch_server, site, postmaster, self._limits)
        else:
            interval, pace = self._interval, self._pace
            self._staff.begin(LOOKER, looker.look_on, site, postmaster, interval, pace)

    def look(self, pace: looker.Pace) -> None:
        """Have looks taken at *pace* from now on."""
        if pace != self._pace:
            self._pace = pace
            self._staff.tell(LOOKER, pace)

    def unwatch(self) -> None:
        """Watch no more."""
        self._staff.end(SEER)
        self._staff.end(LOOKER)

    # --- what has become of it ---------------------------------------------------------

    def hear(self, work: str, said: Said | Ended, facts: Facts) -> Iterator[Event]:
        """Return what a hand at *work* has said, as events."""
        if self.programs.is_at(work):
            yield from self.programs.hear(work, said)
            return
        if isinstance(said, Said):
            yield from self._progress(work, said.value, facts)
            return
        match work:
            case "mark":
                yield self._wrote(said)
            case "conf":
                yield self._names(said)
            case "bears":
                yield told.Bears("" if said.problem else str(said.value))
            case "server":
                yield from self._server(said, facts)
            case "proof":
                yield told.ProofFailed(said.problem) if said.problem else told.Freed(0)
            case "finder":
                yield from self._found(said, facts)
            case _:
                self.said.append(f"{work} ended: {said.problem}")
                yield from self._watcher_ended(work, facts)

    def _progress(self, work: str, value: object, facts: Facts) -> Iterator[Event]:
        match value:
            case looker.Look(seen, began):
                self.blind = ""
                yield told.Looked(seen, began)
                yield from self._recovery(seen, facts)
            case looker.NoLook(why, refused):
                self.said.append(why)
                self.refused += [why] if refused else []
                self.blind = why if refused else self.blind
            case seer.Well():
                yield told.Judged("")
            case seer.Fault(reason, gone):
                yield told.Judged(reason)
                if gone:
                    yield from self._gone(facts)
            case seer.Told(text):
                self.said.append(text)
            case prover.Off():
                yield told.ProvedOff()
            case prover.On(barrier):
                yield told.ProvedOn(barrier)
            case sessions.Stopping():
                yield from self._stopping(facts)
            case str(text):
                self.said.append(text)
            case _:
                raise AssertionError(f"{work} says {value!r}")

    def _recovery(self, seen: Seen, facts: Facts) -> Iterator[Event]:
        """A server that a hand outside has promoted is no standby any more."""
        if (
            facts.server == UP
            and seen.recovery != facts.standby
            and SERVER not in facts.busy
        ):
            yield told.ServerIs(UP, seen.recovery)

    def _gone(self, facts: Facts) -> Iterator[Event]:
        """The postmaster has ended by itself: what it has left is looked for."""
        self.unwatch()
        if SERVER in facts.busy:
            return
        yield told.ServerIs(UNSURE, facts.standby)
        self._find_again()

    def _found(self, said: Ended, facts: Facts) -> Iterator[Event]:
        if SERVER in facts.busy or said.problem or facts.server != UNSURE:
            return
        where: instance.Found = said.value
        if where.postmaster is not None:
            self.postmaster = where.postmaster
            yield told.ServerIs(UP, where.standby)
            self.watch(where.postmaster)
        elif not where.rest:
            yield told.ServerIs(DOWN, where.standby)

    def _wrote(self, said: Ended) -> Event:
        match said.value:
            case Mark():
                return told.Wrote(said.value)
            case files.Failed(why, unsure):
                return told.MarkFailed(why, unsure=unsure)
            case _:  # where a hand has died, nobody knows how far it came
                return told.MarkFailed(said.problem, unsure=said.begun)

    def _names(self, said: Ended) -> Event:
        if said.problem:
            return told.NamesFailed(said.problem)
        names, real_name = said.value
        return told.NamesAre(names, real_name)

    def _server(self, said: Ended, facts: Facts) -> Iterator[Event]:
        match said.value:
            case instance.StartedAs(postmaster, standby):
                self.postmaster = postmaster  # what is begun by that goes to this one
                yield told.ServerIs(UP, standby)
                yield told.Started()
                self.watch(postmaster)
            case instance.StoppedAt(left, checkpoint, standby):
                yield told.ServerIs(UNSURE if left else DOWN, standby)
                yield told.Stopped(left, checkpoint)
            case sessions.Promotion(why, ended):
                yield from self._promoted(why, facts, ended=ended)
            case _:
                self._shown.clear()  # of the last start alone
                self._shown[said.problem] = said.reasons
                yield from self._failed(said.problem, facts)

    def _promoted(self, why: str, facts: Facts, *, ended: bool) -> Iterator[Event]:
        """A server that has ended over it may have been promoted before: the directory tells."""
        if not why:
            yield told.ServerIs(UP, False)
        elif ended:
            self.unwatch()
            yield told.ServerIs(UNSURE, facts.standby)
            self._find_again()
        yield told.Promoted(why, ended)

    def _find_again(self) -> None:
        self._staff.begin(FINDER, instance.find, self._site)

    def tick(self, facts: Facts, now: float) -> None:
        """Look again for what runs, where that could not be told."""
        idle = SERVER not in facts.busy and not self._staff.is_at(FINDER)
        if facts.server == UNSURE and idle and now >= self._look_at:
            self._look_at = now + _LOOK_AGAIN
            self._find_again()

    def _failed(self, why: str, facts: Facts) -> Iterator[Event]:
        """A start, a stop or a promotion that came to nothing: what runs is looked for."""
        was = facts.server
        yield told.ServerIs(UNSURE, facts.standby)
        if was == STARTING:
            yield told.Started(why)
        elif was == STOPPING:
            yield told.Stopped(why)
        else:
            yield told.Promoted(why)
        self._find_again()

    def _watcher_ended(self, work: str, facts: Facts) -> Iterator[Event]:
        """A seer or a looker that has died is begun anew while its server lives.

        That alone: the other one may live where no process can be begun.
        """
        if facts.server != UP or self.postmaster is None:
            return
        if self._is_dead(self.postmaster):
            yield from self._gone(facts)  # whoever would have told it was not there
        else:
            self._watch_by(work, self.postmaster)

    @staticmethod
    def _is_dead(postmaster: Ident) -> bool:
        try:
            return not instance.is_alive(postmaster)
        except OSError:
            return False  # it cannot be told without a descriptor
