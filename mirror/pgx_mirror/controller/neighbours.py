"""The peer and the register, as events and effects of the core."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import differing
from pgx_mirror.controller.jobs.files import Survey
from pgx_mirror.controller.telling import Telling
from pgx_mirror.core import events as told
from pgx_mirror.core.effects import AskForPen, Lift
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import ARBITRATION, Terms
from pgx_mirror.core.mark import ALONE, PAIR, Mark
from pgx_mirror.core.report import Report
from pgx_mirror.messages import peer as messages
from pgx_mirror.messages import register as of_register
from pgx_mirror.peer import events as peer
from pgx_mirror.peer.hello import DESTINATION, Difference, Hello
from pgx_mirror.peer.link import Link
from pgx_mirror.peer.settings import Address, TlsFiles
from pgx_mirror.peer.settings import Settings as LinkSettings
from pgx_mirror.register import events as register
from pgx_mirror.register.asking import Asking
from pgx_mirror.register.client import Register
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import Beat, Request, Win
from pgx_mirror.sockets.names import Names

_ON_REFUSAL = {
    peer.SECRET: messages.OTHER_SECRET,
    peer.FLOOD: messages.TOO_MANY,
    peer.VERSION: messages.OTHER_VERSION,
    peer.TLS: messages.TLS_FAILED,
}


class Neighbours:
    """Who is spoken to over the admin and the arbitration network."""

    def __init__(
        self,
        settings: Settings,
        terms: Terms,
        found: Survey,
        telling: Telling,
    ) -> None:
        self._settings, self._telling = settings, telling
        self._system = found.system
        self._link = Link(_link(settings), _hello(settings, terms, found), _now())
        self._register = _register(settings, terms, found.system)
        self._hindrances: tuple[str, ...] = ()
        self.differs: tuple[tuple[str, str, str], ...] = ()  # what, here, and there
        self._requests: list[dict[str, Any]] = []
        self._silent = True
        self.refused: peer.Refused | None = None  # until the peer is heard

    def interests(self) -> list[tuple[int, int]]:
        """Return what to poll for."""
        found = self._link.interests()
        return (
            found if self._register is None else [*found, *self._register.interests()]
        )

    def next_tick(self) -> float:
        """Return when `hear` is due at the latest."""
        due = self._link.next_tick()
        return due if self._register is None else min(due, self._register.next_tick())

    def hear(self, ready: dict[int, int], now: float) -> Iterator[Event]:
        """Return what was heard."""
        for fd, mask in ready.items():
            yield from self._of_peer(self._link.ready(fd, mask, now))
            if self._register is not None:
                yield from self._of_register(self._register.ready(fd, mask, now))
        yield from self._of_peer(self._link.tick(now))
        if self._register is not None:
            yield from self._of_register(self._register.tick(now))

    # --- what is said ------------------------------------------------------------------

    def say(self, report: Report) -> None:
        """Send *report* to the peer, and our role to the register."""
        self._link.say(report)

    def request(self, content: dict[str, Any]) -> bool:
        """Ask the other controller for something; False where it is not there to hear it."""
        return self._link.ask(content)

    def is_met(self) -> bool:
        """Whether the other controller is connected."""
        return self._link.met is not None

    def asked(self) -> list[dict[str, Any]]:
        """Return what the other controller has asked for since the last call."""
        found, self._requests = self._requests, []
        return found

    def ask(self, effect: AskForPen | Lift, now: float) -> Iterator[Event]:
        """Ask the register."""
        assert self._register is not None
        if isinstance(effect, AskForPen):
            request: Request = Win(effect.epoch)
        else:
            request = words.Lift(effect.cell.epoch, effect.cell.state)
        yield from self._of_register(self._register.ask(request, now))

    def bound(
        self, mark: Mark, report: Report, now: float, *, beats: bool
    ) -> Iterator[Event]:
        """Tell the register what is durable, and who we are by that; *beats*: once more.

        A beat goes out with the report to the peer, so that a primary is silent to both from
        the same instant, and the register refuses nobody who has waited long enough.
        """
        if self._register is None:
            return
        yield from self._of_register(self._register.bound(mark, now))
        beat = Beat(_role(mark, report), self._system, self._limit)
        yield from self._of_register(self._register.says(beat, now))
        if beats:
            yield from self._of_register(self._register.beats(now))

    @property
    def _limit(self) -> float:
        return self._settings.silence

    @property
    def members(self) -> tuple[tuple[str, bool], ...]:
        """Each member of etcd, and whether it answers; none where an arbiter is asked."""
        return () if self._register is None else self._register.members

    def close(self) -> None:
        """End all connections."""
        self._link.close()
        if self._register is not None:
            self._register.close()

    # --- what is heard -----------------------------------------------------------------

    def _of_peer(self, heard: Iterable[peer.Event]) -> Iterator[Event]:
        for event in heard:
            match event:
                case peer.Heard(report):
                    self._hears()
                    self.refused = None
                    why = self._hindrances
                    yield told.Heard(differing.with_hindrances(report, why))
                case peer.Met(hello, found):
                    self._hindrances = differing.hindrances(found)
                    self.differs = tuple((d.what, d.mine, d.theirs) for d in found)
                    self._differs(found, hello)
                case peer.Asked(request):
                    self._requests.append(request)
                case peer.Lost(why):
                    self._silent = True
                    server = self._settings.peer.identifier
                    self._telling.say(messages.LOST, server=server, reason=why)
                case peer.Refused(address, why, kind):
                    self._refused(address, why, kind)

    def _away(self, why: str, *, secret: bool) -> None:
        name = self._settings.register_name
        self._telling.say(of_register.AWAY, arbiter=name, reason=why)
        if secret:
            self._telling.say(of_register.OTHER_SECRET, arbiter=name)

    def _hears(self) -> None:
        if self._silent:
            self._silent = False
            self._telling.say(messages.HEARD, server=self._settings.peer.identifier)

    def _refused(self, address: str, why: str, kind: str) -> None:
        self.refused = peer.Refused(address, why, kind)
        message = _ON_REFUSAL.get(kind) or messages.GARBLED
        self._telling.say(message, address=address, reason=why)

    def _differs(self, found: tuple[Difference, ...], hello: Hello) -> None:
        server = self._settings.peer.identifier
        for message, given in differing.news(found, hello, self._settings.network):
            self._telling.say(message, **(given | {"server": server}))

    def _of_register(self, heard: Iterable[register.Event]) -> Iterator[Event]:
        for event in heard:
            match event:
                case register.Reached(identity, cell):
                    yield told.RegisterIs(identity, cell)
                case register.Away(why, unanswered, secret):
                    self._away(why, secret=secret)
                    yield told.RegisterIs("")
                    for _ in unanswered:
                        yield told.Answered(None)
                case register.Answer(_, reply):
                    yield told.Answered(reply.cell, reply.again)


def _now() -> float:
    return time.monotonic()


def _role(mark: Mark, report: Report) -> str:
    if report.stuck:
        return words.NEITHER
    return words.PRIMARY if mark.state in (PAIR, ALONE) else words.STANDBY


def _link(settings: Settings) -> LinkSettings:
    mine, theirs, server = settings.local.admin, settings.peer.admin, settings.server
    tls = None
    if server.tls:
        tls = TlsFiles(
            server.admin_ssl_cert_file,
            server.admin_ssl_key_file,
            server.admin_ssl_ca_file,
        )
    return LinkSettings(
        settings.identifier,
        settings.peer.identifier,
        Address(mine.host, mine.port),
        Address(theirs.host, theirs.port),
        settings.secret,
        tls,
    )


def _hello(settings: Settings, terms: Terms, found: Survey) -> Hello:
    facts = differing.facts(found.system, found.major, found.blocks)
    if settings.etcd:
        facts |= {differing.PREFIX: settings.server.etcd_prefix}
    facts |= {DESTINATION: settings.server.backup_destination}
    meaning = settings.network.meaning
    return Hello(settings.identifier, terms.incarnation, meaning, facts)


def _register(settings: Settings, terms: Terms, system: str) -> Asking | None:
    arbiter = settings.arbiter
    beat = Beat(words.STANDBY, system, settings.silence)
    if terms.policy == ARBITRATION and settings.etcd:
        return _etcd(settings, beat)
    if terms.policy != ARBITRATION or arbiter is None:
        return None
    return Register(
        Names(arbiter.admin.host, arbiter.admin.port),
        settings.secret,
        settings.identifier,
        arbiter.identifier,
        beat,
        interval=settings.server.heartbeat_interval,
    )


def _etcd(settings: Settings, beat: Beat) -> Asking:
    # Late: who has an arbiter needs nothing of it.
    from pgx_mirror.register.etcd import place
    from pgx_mirror.register.etcd.client import EtcdRegister

    server, tls = settings.server, None
    if server.etcd_ssl_ca_file:
        tls = place.TlsFiles(
            server.etcd_ssl_ca_file,
            server.etcd_ssl_cert_file,
            server.etcd_ssl_key_file,
        )
    where = place.Place(
        settings.etcd,
        server.etcd_prefix,
        server.etcd_user,
        server.etcd_password,
        tls,
        server.etcd_timeout,
    )
    me, other = settings.identifier, settings.peer.identifier
    interval = server.heartbeat_interval
    return EtcdRegister(where, me, other, beat, interval=interval)
