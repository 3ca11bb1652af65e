"""One open connection's conversation: what goes over it next, and what came.  Pure.

Both ends say hello first.  Then reports, each acknowledged by its number, and requests.  A
report is taken from the outbox only when the one before it has left this process, and only
while fewer than WINDOW are unacknowledged: a peer that is frozen finds at most so many old
ones when it thaws, and then the latest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pgx_mirror.peer.codec import Acknowledged, Numbered, Said, read, written
from pgx_mirror.peer.hello import Hello
from pgx_mirror.peer.outbox import Outbox
from pgx_mirror.wire.refused import Garbage

WINDOW = 4


@dataclass(frozen=True, slots=True)
class Unheard:
    """A report that has been sent and not acknowledged."""

    number: int
    at: float


class Talk:
    """The conversation with *who*, over a channel that has authenticated it."""

    def __init__(self, who: str, hello: bytes) -> None:
        self.hello: Hello | None = None
        self._who = who
        self._hello = hello
        self._said = 0
        self._to_acknowledge = 0
        self._unheard: deque[Unheard] = deque()

    def introduce(self, hello: bytes) -> None:
        """Say another hello, with the next payload."""
        self._hello = hello

    def next(self, outbox: Outbox | None, now: float) -> bytes | None:
        """Return the next payload, None for nothing now.

        *outbox*: what there is to be said, None where another connection says it.
        """
        if self._hello:
            payload, self._hello = self._hello, b""
            return payload
        if self._to_acknowledge:
            number, self._to_acknowledge = self._to_acknowledge, 0
            return written(Acknowledged(number))
        if outbox is None or self.hello is None:
            return None
        return outbox.request() or self._report(outbox, now)

    def _report(self, outbox: Outbox, now: float) -> bytes | None:
        if not self._is_new(outbox):
            return None
        self._said = outbox.number
        self._unheard.append(Unheard(outbox.number, now))
        return outbox.report

    def has_more(self, outbox: Outbox | None) -> bool:
        """Whether `next` would return something."""
        if self._hello or self._to_acknowledge:
            return True
        if outbox is None or self.hello is None:
            return False
        return outbox.asks or self._is_new(outbox)

    def _is_new(self, outbox: Outbox) -> bool:
        return outbox.number > self._said and len(self._unheard) < WINDOW

    def take(self, payload: bytes) -> Said:
        """Return what *payload* says.  Raises Refused."""
        said = read(payload, self._who)
        if isinstance(said, Hello):
            self.hello = said
        elif self.hello is None:
            raise Garbage("it does not say hello first")
        elif isinstance(said, Acknowledged):
            self._acknowledged(said.number)
        elif isinstance(said, Numbered):
            if said.report.incarnation != self.hello.incarnation:
                raise Garbage("a report of another life than its hello")
            self._to_acknowledge = said.number
        return said

    def _acknowledged(self, number: int) -> None:
        if number > self._said:
            raise Garbage("it has heard what was not said")
        while self._unheard and self._unheard[0].number <= number:
            self._unheard.popleft()

    @property
    def unheard_since(self) -> float | None:
        """When the oldest report that is not acknowledged was sent, None without one."""
        return self._unheard[0].at if self._unheard else None
