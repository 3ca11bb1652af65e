"""The connections of a link: which of them speaks, and which are too many.  Decides only."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pgx_mirror.peer.stream import Stream

# Connections that have not proved the secret: so many from the peer's own addresses, and so
# many from all others, so that a flood from elsewhere does not keep the peer out.
EACH = 8
OPEN = 4  # connections that have proved it: one that hangs stays beside its successor
OPENING = 5.0  # seconds: the pauses of a busy server are shorter
# The other host's kernel answers a dial, busy or not: after a cut the next is not far.
CONNECTING = 0.5
IDLE = 60.0  # seconds without a word on a connection beside the one that speaks


class Streams:
    """Every connection, by its descriptor."""

    def __init__(self) -> None:
        self.by_fd: dict[int, Stream] = {}
        self._rank = 0

    def add(self, stream: Stream, now: float) -> None:
        """Add *stream*, which begins *now*, by the loop's clock."""
        stream.since = now
        self.by_fd[stream.fd] = stream

    def remove(self, stream: Stream) -> None:
        """Close *stream*."""
        self.by_fd.pop(stream.fd, None)
        stream.close()

    def opened(self, stream: Stream) -> None:
        """Give *stream*, whose peer has said hello, its rank."""
        self._rank += 1
        stream.rank = self._rank

    @property
    def open(self) -> list[Stream]:
        """The open ones, the latest first."""
        found = [stream for stream in self.by_fd.values() if stream.rank]
        return sorted(found, key=lambda stream: -stream.rank)

    @property
    def voice(self) -> Stream | None:
        """The one that speaks: whichever was opened last."""
        return max(self.open, key=lambda stream: stream.rank, default=None)

    @property
    def dialling(self) -> Stream | None:
        """A dial that is not yet open."""
        found = (s for s in self.by_fd.values() if s.dialled and not s.rank)
        return next(found, None)

    def replaced(self, by: Stream) -> Iterator[Stream]:
        """Yield what is over now that *by* is open: another life's, and the oldest of many.

        An older one is not closed at once: the peer may not have seen yet that *by* is open.
        """
        for number, stream in enumerate(self.open):
            if number >= OPEN or _life(stream) != _life(by):
                yield stream

    def crowded(self, host: str, peers: Collection[str]) -> Stream | None:
        """Return what must go before one from *host* is let in: the oldest of its kind."""
        near = host in peers
        found = [
            stream
            for stream in self.by_fd.values()
            if not (stream.rank or stream.dialled) and (stream.host in peers) == near
        ]
        return (
            min(found, key=lambda stream: stream.began) if len(found) >= EACH else None
        )

    def overdue(self, time: float, give_up: float) -> Iterator[tuple[Stream, str]]:
        """Yield what is to be closed at *time*, and why; *give_up*: seconds of silence."""
        voice = self.voice
        for stream in self.by_fd.values():
            since = None if stream.talk is None else stream.talk.unheard_since
            if stream.connecting and time - stream.began >= CONNECTING:
                yield stream, f"no connection within {CONNECTING:g} s"
            elif not stream.rank and time - stream.began >= OPENING:
                yield stream, f"it did not prove the secret within {OPENING:g} s"
            elif since is not None and time - since >= give_up:
                yield stream, f"what was said was not acknowledged for {give_up:g} s"
            elif stream.rank and stream is not voice and _silent(stream, time):
                yield stream, "it is not needed"

    def dues(self, give_up: float) -> Iterator[float]:
        """Yield the times at which `overdue` has something more to say, idle ones apart."""
        for stream in self.by_fd.values():
            since = None if stream.talk is None else stream.talk.unheard_since
            if stream.connecting:
                yield stream.began + CONNECTING
            elif not stream.rank:
                yield stream.began + OPENING
            elif since is not None:
                yield since + give_up


def _silent(stream: Stream, time: float) -> bool:
    return time - stream.last_heard >= IDLE


def _life(stream: Stream) -> str:
    hello = None if stream.talk is None else stream.talk.hello
    return "" if hello is None else hello.incarnation
