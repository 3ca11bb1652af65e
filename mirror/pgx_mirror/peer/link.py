"""The link to the peer, for a loop that polls.

Both servers listen and both dial, so that neither a wall between them that is open one way
nor a flood at one port parts them.  Whatever is authentic is heard, on any connection; what
is to be said goes over the one that was opened last.  When it is not acknowledged for
PATIENCE, another is dialled beside it, and the first to open speaks.  So a
connection that hangs (a cut of one direction, a peer that was switched off, TCP's growing
intervals after a cut) is left without waiting for TCP to find out.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pgx_mirror.core.report import Report
from pgx_mirror.peer.awake import STEP, Awake
from pgx_mirror.peer.codec import Acknowledged, Numbered, Request, written
from pgx_mirror.peer.ends import Ends
from pgx_mirror.peer.events import FLOOD, SILENT, Asked, Event, Heard, Lost, Met
from pgx_mirror.peer.hello import Hello, differences
from pgx_mirror.peer.outbox import Outbox
from pgx_mirror.peer.refusals import Refusals, kind_of
from pgx_mirror.peer.settings import Settings
from pgx_mirror.peer.stream import Closed, Stream
from pgx_mirror.peer.streams import Streams
from pgx_mirror.peer.talk import Talk
from pgx_mirror.wire.refused import Refused

# Seconds without an acknowledgement until another connection is dialled: far longer than an
# answer takes, far shorter than what counts as silence, and a connection costs next to nothing.
PATIENCE = 0.5
GIVE_UP = 10.0  # seconds without one after which a connection is closed
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


class Link:
    """What connects this controller with the peer's.

    Times are the loop's monotonic seconds.  Nothing waits, and nothing that comes from
    outside raises: it becomes an event.

    trouble       why the peer could not be reached last, empty when it is
    acknowledged  when the peer acknowledged something last, None before it did; it grows old
                  where the peer is heard and does not hear: a cut of one direction
    """

    def __init__(
        self,
        settings: Settings,
        hello: Hello,
        now: float,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Listen.  Raises Failure: the address, the port, the TLS files."""
        self.trouble = ""
        self.acknowledged: float | None = None
        self._wall = wall
        self._hello = hello
        self._met: Hello | None = None
        self._heard = 0
        self._awake = Awake(now)
        self._outbox = Outbox()
        self._streams = Streams()
        self._refusals = Refusals()
        self._events: list[Event] = []
        self._ends = Ends(settings)
        self._hello_now()  # too long a one is found here

    def say(self, report: Report) -> None:
        """Say *report* at once, or as soon as the peer can take it: instead of the one before.

        Raises ValueError for one of another server or life than the hello's.
        """
        if (report.owner, report.incarnation) != _who(self._hello):
            raise ValueError("a report of another server than the hello")
        self._outbox.say(report)
        voice = self._streams.voice
        if voice is not None:
            self._serve(voice, 0)

    def ask(self, request: dict[str, Any]) -> bool:
        """Ask the peer's controller for something, once: it may be lost with a connection.

        False where nobody is there or too many requests wait.  Raises ValueError for one
        that is too long, or is not JSON.
        """
        return self._met is not None and self._outbox.ask(request)

    def introduce(self, hello: Hello) -> None:
        """Say *hello* from now on, and at once where the peer is connected.

        Raises ValueError for one that is too long.
        """
        self._hello = hello
        payload = self._hello_now()
        for stream in self._streams.open:
            stream.introduce(payload)

    @property
    def met(self) -> Hello | None:
        """The peer's hello, None while there is no connection."""
        return self._met

    def interests(self) -> list[tuple[int, int]]:
        """Return each descriptor with the poll events that are of interest."""
        voice = self._streams.voice
        return [
            *self._ends.interests(),
            *self._ends.names.interests(),
            *(
                (fd, stream.wants(self._outbox if stream is voice else None))
                for fd, stream in self._streams.by_fd.items()
            ),
        ]

    def ready(self, fd: int, mask: int, now: float) -> list[Event]:
        """Do what *fd*, of `interests`, is ready for."""
        time = self._awake.at(now)
        stream = self._streams.by_fd.get(fd)
        if stream is not None:
            self._serve(stream, mask)
        elif (fd, select.POLLIN) in self._ends.names.interests():
            self._ends.names.ready(now)
        else:
            for sock, host in self._ends.accept(fd):
                self._admit(sock, host, time)
        return self._told()

    def tick(self, now: float) -> list[Event]:
        """Do what is due."""
        time = self._awake.at(now)
        self._ends.names.tick(now)
        for stream, why in list(self._streams.overdue(time, GIVE_UP)):
            # The peer's own may have been cut off: that is no news of a stranger.
            if not (stream.rank or stream.host in self._ends.peers() or stream.dialled):
                self._refuse(stream.host, why, SILENT)
            self._drop(stream, why)
        if self._wants_dial(time):
            self._dial(time, now)
        return self._told()

    def next_tick(self) -> float:
        """Return when `tick` is due next, at most a second after it was called last."""
        if self._events:
            return self._awake.now
        time = self._awake.time
        dues = [time + STEP, *self._streams.dues(GIVE_UP)]
        if self._streams.dialling is None:
            dues.append(max(self._ends.next_dial, self._dial_due()))
        names = self._ends.names.due()
        found = self._awake.real(max(time, min(dues)))
        return found if names is None else min(found, names)

    def close(self) -> None:
        """Close every socket; nothing is said to the peer.

        A child that was forked does this too, or the port stays taken, and the peer's
        connections open, for as long as it lives: it does not part the two.
        """
        self._ends.close()
        for stream in list(self._streams.by_fd.values()):
            self._streams.remove(stream)

    def _dial_due(self) -> float:
        """Return when another connection is wanted: at once where none is open."""
        voice = self._streams.voice
        if voice is None or voice.talk is None:
            return 0.0
        since = voice.talk.unheard_since
        return float("inf") if since is None else since + PATIENCE

    def _wants_dial(self, time: float) -> bool:
        free = self._streams.dialling is None
        return free and time >= max(self._ends.next_dial, self._dial_due())

    def _dial(self, time: float, now: float) -> None:
        self._ends.names.look(now)
        try:
            stream = self._ends.dial(time)
        except OSError as ex:
            self.trouble = (ex.strerror or str(ex)).lower()
            return
        if stream is None:
            self.trouble = self._ends.names.trouble or self.trouble
            return
        self._streams.add(stream, self._awake.now)

    def _admit(self, sock: socket.socket, host: str, time: float) -> None:
        crowd = self._streams.crowded(host, self._ends.peers())
        if crowd is not None:
            self._streams.remove(crowd)
            self._refuse(crowd.host, "too many connections that prove nothing", FLOOD)
        try:
            stream = self._ends.accepted(sock, host, time)
        except OSError:  # gone already
            sock.close()
            return
        self._streams.add(stream, self._awake.now)
        self._serve(stream, 0)

    def _serve(self, stream: Stream, mask: int) -> None:
        try:
            if stream.connecting:
                stream.connected()
            elif mask & _READABLE:
                self._read(stream)
            voice = self._streams.voice is stream
            stream.write(self._outbox if voice else None, self._awake.time)
        except Refused as ex:
            self._refuse(stream.host, str(ex), kind_of(ex))
            if stream.dialled:
                self._ends.was_refused(self._awake.time)
            self._drop(stream, str(ex))
        except Closed as ex:
            self._drop(stream, str(ex))

    def _drop(self, stream: Stream, why: str) -> None:
        """Close *stream*; where it was the last, the peer is lost."""
        self._streams.remove(stream)
        if stream.dialled and not stream.rank:
            self.trouble = why
        if self._met is not None and not self._streams.open:
            self._met = None
            self._outbox.forget_requests()
            self._events.append(Lost(why))

    def _refuse(self, host: str, why: str, kind: str) -> None:
        self._events += self._refusals.event(host, why, kind, self._awake.now)

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _read(self, stream: Stream) -> None:
        payloads = stream.read()
        if stream.authentic and stream.talk is None:
            stream.talk = Talk(stream.who, self._hello_now())
        latest = None
        for payload in payloads:
            said = stream.take(payload, self._awake.time)
            match said:
                case Hello():
                    self._greeted(stream, said)
                case Numbered(number) if number > self._heard:
                    self._heard, latest = number, said.report
                case Numbered():
                    pass  # older than what another connection brought
                case Request(content):
                    self._events.append(Asked(content))
                case Acknowledged():
                    self.acknowledged = self._awake.now
        if latest is not None:
            self._events.append(Heard(latest, self._awake.now))

    def _greeted(self, stream: Stream, hello: Hello) -> None:
        before, self._met, self.trouble = self._met, hello, ""
        if before is None or before.incarnation != hello.incarnation:
            self._heard = 0
        if not stream.rank:
            self._streams.opened(stream)
            for other in list(self._streams.replaced(stream)):
                self._streams.remove(other)
        if before is None or _without_clock(before) != _without_clock(hello):
            unsure = self._awake.now - stream.since
            found = differences(self._said_now(), hello, unsure)
            self._events.append(Met(hello, tuple(found)))

    def _said_now(self) -> Hello:
        return replace(self._hello, clock=self._wall())

    def _hello_now(self) -> bytes:
        return written(self._said_now())


def _who(hello: Hello) -> tuple[str, str]:
    return hello.server, hello.incarnation


def _without_clock(hello: Hello) -> Hello:
    return replace(hello, clock=0.0)
