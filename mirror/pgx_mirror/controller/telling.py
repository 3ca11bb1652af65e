"""What people are told of what happens: the system log, and a trace for those who look later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgx_base import trace as traces
from pgx_base.trace import Trace
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import news
from pgx_mirror.controller.standing import Standing
from pgx_mirror.controller.tracing import Tracing
from pgx_mirror.core import events as told
from pgx_mirror.core.effects import Effect
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.mark import Mark
from pgx_mirror.messages import controller
from pgx_mirror.messages.message import Message
from pgx_mirror.messages.sending import Log

TRACE_KB = 4096
_QUIET = (told.Tick, told.Heard, told.Looked)


class Telling:
    """Says what has changed: messages to the system log, all of it to the trace."""

    def __init__(self, settings: Settings) -> None:
        server = settings.server
        self._log = Log(server.syslog_ident, server.syslog_facility)
        self._names = {"server": settings.identifier, "peer": settings.peer.identifier}
        self._register = settings.register_name
        self._standing = Standing()
        who = f"mc_main({settings.identifier})"
        self.trace = Tracing(Trace(settings.mcdir, TRACE_KB, who))

    def say(self, message: Message, **parameters: object) -> None:
        """Send *message*; `server` and `peer` are known."""
        given = self._names | parameters
        if "arbiter" in given:
            given["arbiter"] = self._register  # whatever whoever says it takes it for
        self._log.say(message, **given)
        self.trace.note(_plain(message, given))

    def turn(self, facts: Facts, now: float) -> None:
        """Tell what holds since this turn, or no more, and what was lost before."""
        self._log.turn(now)
        for message, parameters in self._standing.news(facts, now):
            self.say(message, **parameters)

    def begin(self, facts: Facts) -> None:
        """Say that this controller has started; what it finds is kept in the trace."""
        self.say(controller.STARTED, server=facts.terms.me)
        for line in _found(facts):
            self.note(line)

    def note(self, text: str) -> None:
        """Keep *text* in the trace."""
        self.trace.note(text)

    def late(self, seconds: float) -> None:
        """Say that this process was not run for so long: nobody is blamed for it."""
        self.note(f"this controller did not run for {seconds:.1f} s")

    def compare(
        self, before: Facts, after: Facts, event: Event, effects: Sequence[Effect]
    ) -> None:
        """Tell what *event* has changed, and what is done about it."""
        for message, parameters in news.of(before, after):
            self.say(message, **parameters)
        if not isinstance(event, _QUIET):
            self.note(f"heard {_short(event)}")
        for line in (*_changes(before, after), *(f"does {_short(e)}" for e in effects)):
            self.note(line)


def _found(facts: Facts) -> Iterator[str]:
    if facts.mark is not None:
        yield _mark(facts.mark)
    yield traces.facts("server", was="", now=facts.server)


def _mark(mark: Mark) -> str:
    return traces.facts("mark", state=mark.state, epoch=mark.epoch, pair=mark.pair)


def _changes(before: Facts, after: Facts) -> Iterator[str]:
    if before.mark != after.mark and after.mark is not None:
        yield _mark(after.mark)
    if before.arming != after.arming:
        stage = after.arming.stage if after.arming else "none"
        yield traces.facts("arming", stage=stage)
    have = after.peer.have if after.peer else None
    if have is not None and have != (before.peer.have if before.peer else None):
        yield traces.facts("have", flushed=have.flushed, timeline=have.timeline)
    for name in ("server", "names", "fault", "disk", "wish", "ending", "cell"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield traces.facts(name, was=was, now=now)


def _short(of: object) -> str:
    return repr(of)[:300]


def _plain(message: Message, given: dict[str, object]) -> str:
    shown = {name: given.get(name, "?") for name in message.parameters}
    return f"{message.kind}: {message.text.format(**shown)} ({message.number})"
