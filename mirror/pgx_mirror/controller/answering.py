"""What mc_ctl asks, and what it is answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from pgx_base.failure import Failure
from pgx_mirror.controller import advice, passing, wanted, words
from pgx_mirror.controller.control import Gone, Listener, Request
from pgx_mirror.controller.forwarded import NOT_CONNECTED, Forwarded, overtaken
from pgx_mirror.controller.inspecting import Noticed
from pgx_mirror.core import events as told
from pgx_mirror.core.deciding.refusals import unanswered
from pgx_mirror.core.deciding.wishes import Outcome, outcome, refusal
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import (
    DETACH,
    LEAVE,
    REST,
    RUN,
    STOP,
    STOP_ALL,
    SWITCH,
    Facts,
    Force,
)
from pgx_mirror.core.known import basics, idle, primary, standby
from pgx_mirror.core.mark import GIVEN
from pgx_mirror.core.report import STARTING, UP
from pgx_mirror.messages import controller as messages
from pgx_mirror.messages import pair
from pgx_mirror.messages.message import Message

_LINGERS = 3.0  # seconds after a start that is refused, for mc_ctl to be told
DECIDES_WITHIN = 10.0  # seconds; who waits for no more than the decision is let go then

StatusOf = Callable[[Facts], dict[str, object]]


class Answering:
    """The control socket's verbs, each from its question to its last word."""

    def __init__(
        self, listener: Listener, status_of: StatusOf, peer: wanted.Peer
    ) -> None:
        self._listener, self._status_of, self._peer = listener, status_of, peer
        self._acts: int | None = None  # the connection whose wish is being carried out
        self._awaits: dict[int, float] = {}  # until when each waits for the start's end
        self._started: Outcome | None = None
        self._forwarded = Forwarded()
        self._over = False
        self._over_at = math.inf
        self.shown: dict[str, tuple[Failure, ...]] = {}  # by the texts of failed starts
        self.noticed = Noticed()
        self._news: list[tuple[Message, dict[str, Any]]] = []
        self._outlasts = False  # all are stopped by a word of ours: we go last
        self._outlasts_until = math.inf

    def interests(self) -> list[tuple[int, int]]:
        """Return what to poll for."""
        return self._listener.interests()

    def is_over(self) -> bool:
        """Whether the controller has to go."""
        return self._over

    def close(self) -> None:
        """Leave the socket."""
        self._listener.close()

    def hear(self, ready: dict[int, int], facts: Facts, now: float) -> Iterator[Event]:
        """Return what mc_ctl's questions mean."""
        for fd, _ in self._listener.interests():
            if fd in ready:
                for event in self._listener.ready(fd, ready[fd]):
                    match event:
                        case Request():
                            yield from self._asked(event, facts, now)
                        case Gone(connection):
                            yield from self._left(connection, facts)

    def _left(self, connection: int, facts: Facts) -> Iterator[Event]:
        """Nobody waits for it any more: it is carried out, but for a word by force."""
        self._awaits.pop(connection, None)
        if self._acts == connection:
            self._acts = None
            self._forwarded.over()
            if wanted.is_called_off(facts):
                self._news.append((messages.TAKEN_BACK, {"command": facts.wish}))
                yield told.Wished(RUN)

    def _asked(self, asked: Request, facts: Facts, now: float) -> Iterator[Event]:
        connection = asked.connection
        match asked.verb:
            case words.STATUS:
                self._listener.reply(connection, words.Done(self._status_of(facts)))
            case words.AWAIT:
                brief = words.BRIEFLY in asked.options
                self._awaits[connection] = now + DECIDES_WITHIN if brief else math.inf
            case words.ENABLE | words.DISABLE:
                yield from self._enable(connection, asked.verb == words.ENABLE, facts)
            case words.STOP:
                yield from self._stop(
                    connection, wanted.stop(asked.options), facts, now
                )
            case words.SWITCH:
                yield from self._switch(
                    connection, wanted.force(asked.options), facts, now
                )
            case words.DETACH:
                yield from self._detach(
                    connection, wanted.force(asked.options), facts, now
                )
            case _:
                raise AssertionError(f"no verb: {asked.verb}")

    def _enable(self, connection: int, failover: bool, facts: Facts) -> Iterator[Event]:
        yield told.Enabled(failover)
        if not self._peer.request({"failover": failover}):
            self._unheard(connection, facts, "was not told")
        self._listener.reply(connection, words.Done({}))

    def _unheard(self, connection: int, facts: Facts, what: str) -> None:
        self._listener.warn(connection, advice.unheard(facts.terms.other, what))

    def _stop(
        self, connection: int, wish: str, facts: Facts, now: float
    ) -> Iterator[Event]:
        """Begin a stop; that of all ends when the other server's controller has gone too."""
        if wish == STOP_ALL and refusal(facts, wish, now) is None:
            self._outlasts = self._peer.request({"wish": STOP_ALL})
            self._outlasts_until = now + facts.terms.patience
            if not self._outlasts:
                self._unheard(connection, facts, "is not stopped")
        if wish == STOP and primary.is_to_hand_over(facts, now):
            self._listener.warn(connection, advice.takes_over(facts.terms.other))
        away = not (basics.is_heard(facts, now) and self._peer.is_met())
        if wish == STOP and away and standby.is_relied_on(facts):
            self._listener.warn(connection, advice.waited_for(facts.terms.other))
        yield from self._wish(connection, wish, facts, now)

    def _switch(
        self, connection: int, force: Force | None, facts: Facts, now: float
    ) -> Iterator[Event]:
        """A standby hands the word on to a primary that answers."""
        if force is None and facts.standby and basics.is_heard(facts, now):
            if self._peer.request({"wish": SWITCH}):
                self._acts = connection
                self._forwarded.begin(facts, now)
            else:
                self._listener.reply(connection, _refused(NOT_CONNECTED))
            return
        yield from self._wish(connection, SWITCH, facts, now, force)

    def _detach(
        self, connection: int, force: Force | None, facts: Facts, now: float
    ) -> Iterator[Event]:
        """A standby leaves a primary that hears it: else commits would wait there."""
        leaves = facts.standby and refusal(facts, DETACH, now) is None
        if leaves and not self._peer.is_met():
            self._listener.reply(connection, _refused(unanswered(facts)))
            return
        yield from self._wish(connection, DETACH, facts, now, force)

    def _wish(
        self, asks: int, wish: str, facts: Facts, now: float, by: Force | None = None
    ) -> Iterator[Event]:
        refused = refusal(facts, wish, now, by)
        if refused is not None:
            self._listener.reply(asks, passing.refused(refused, facts))
            return
        self._acts = asks
        yield told.Wished(wish, by)

    def asked_by_peer(
        self, asked: dict[str, object], facts: Facts, now: float
    ) -> Iterator[Event]:
        """Return what the other controller wants of us, for its operator."""
        match asked:
            case {"failover": bool(failover)}:
                yield told.Enabled(failover)
            case {"wish": "switch"}:
                refused = refusal(facts, SWITCH, now)
                if refused is None:
                    yield told.Wished(SWITCH)
                    return
                self._peer.request({"refused": refused.why, "hint": refused.hint})
            case {"wish": "stop all"}:
                if facts.wish not in (STOP, STOP_ALL):
                    self._end(_refused(overtaken(facts)))
                yield told.Wished(STOP_ALL)
            case {"refused": str(why), "hint": str(hint)}:
                if self._forwarded.is_waited_for:
                    self._end(_refused(Outcome(why, hint)))
            case _:
                pass  # a later version's

    def news(self) -> list[tuple[Message, dict[str, Any]]]:
        """Return what else has to be told of since the last call."""
        found, self._news = self._news, []
        return found

    def finish(self, facts: Facts, now: float) -> Iterator[Event]:
        """Give the last word where a wish has come to its end, and wish what follows."""
        if (handed_on := self._forwarded.outcome(facts, now)) is not None:
            self._end(self._last(handed_on))
        if self._started is None and facts.wish in (RUN, REST):
            self._begun(facts, now)
        self._answer_waiting(facts, now)
        self._let_go(facts, now)
        self._over = self._over or now >= self._over_at
        if facts.wish in (RUN, REST):
            return
        ended = outcome(facts, now)
        if ended is None or (not ended.why and self._is_outlasted(now)):
            return
        if ended.why and facts.wish == SWITCH:
            given = {"server": facts.terms.other, "reason": ended.why}
            self._news.append((pair.SWITCH_FAILED, given))
            if self._acts is None:  # who waits may have asked there
                self._peer.request({"refused": ended.why, "hint": ended.hint})
        self._end(self._last(ended))
        # Also where it is late, or the controller that was told so has died over it: else
        # its server, once stopped, would be started again.
        if facts.wish in (STOP, STOP_ALL, LEAVE):
            self._over = not ended.why or facts.wish == LEAVE
        else:
            yield told.Wished(RUN)

    def _last(self, ended: Outcome) -> words.Done | words.Refused:
        """Return the last word; why it failed has its details apart, where they are known."""
        if not ended.why:
            return words.Done({})
        found = self.shown.get(ended.why)
        return words.Refused(found) if found else _refused(ended)

    def _is_outlasted(self, now: float) -> bool:
        """Whether the other controller, which was told to stop, is still there."""
        waits = self._outlasts and now < self._outlasts_until
        return waits and self._peer.is_met()

    def _begun(self, facts: Facts, now: float) -> None:
        """The start: those who wait for it are told; one that is refused ends us."""
        ended = outcome(facts, now)
        if ended is None:
            return
        self._started = ended
        if ended.why and facts.server not in (UP, STARTING):
            self._over_at = now + _LINGERS
            given = {"server": facts.terms.me, "reason": ended.why}
            self._news.append((messages.REFUSED, given))

    def _answer_waiting(self, facts: Facts, now: float) -> None:
        """Tell those who wait for the start how it has ended."""
        if self._started is None or now < self.noticed.until:
            return
        for connection in self._awaits:
            self._warn_of_start(connection, facts)
            self._listener.reply(connection, self._last_of_start(facts))
        if self._awaits and self._over_at < math.inf:
            self._over = True  # nobody else has to be told
        self._awaits = {}

    def _last_of_start(self, facts: Facts) -> words.Done | words.Refused:
        assert self._started is not None
        last = self._last(self._started)
        if isinstance(last, words.Done):
            return last
        return words.Refused(passing.judged(last.reasons, facts))

    def _warn_of_start(self, connection: int, facts: Facts) -> None:
        """Tell what the first look has shown that a person should know at the start."""
        if mute := idle.why_mute(facts):
            self._listener.warn(connection, advice.mute(mute, facts.terms.limit))
        for what in self.noticed.found:
            self._listener.warn(connection, what)

    def _let_go(self, facts: Facts, now: float) -> None:
        """Who waits briefly has waited enough once the instance starts, or it takes too long."""
        runs = facts.server in (UP, STARTING) and not basics.is_in(facts, GIVEN)
        for connection, until in tuple(self._awaits.items()):
            if until == math.inf or not (runs or now >= until):
                continue
            if not runs:
                self._listener.warn(connection, advice.undecided(DECIDES_WITHIN))
            self._listener.reply(connection, words.Done({}))
            del self._awaits[connection]

    def _end(self, last: words.Done | words.Refused) -> None:
        if self._acts is not None:
            self._listener.reply(self._acts, last)
        self._acts = None
        self._forwarded.over()


def _refused(why: Outcome) -> words.Refused:
    return words.Refused((Failure(why.why, hint=why.hint or None),))
