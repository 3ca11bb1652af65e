"""mc_arb's loop: it hears, decides, writes, and then answers.

Single-threaded, and the write of the cell waits for the disk: nothing may be answered
before it, and an arbiter that cannot write has nothing else to do.  Whoever waits for an
answer meanwhile counts the arbiter as away, and reads the cell again.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pgx_base.failure import Failure
from pgx_mirror.messages import peer as peer_messages
from pgx_mirror.messages import register as messages
from pgx_mirror.messages.message import Message
from pgx_mirror.register import payloads
from pgx_mirror.register.core import fence, words
from pgx_mirror.register.core.state import State, gone, late
from pgx_mirror.register.core.step import step
from pgx_mirror.register.core.words import Beat, Reply, Request
from pgx_mirror.register.fencing import Fencing
from pgx_mirror.register.keeping import Keeper
from pgx_mirror.register.line import Parted
from pgx_mirror.register.visitors import Visitor, Visitors
from pgx_mirror.sockets.door import Door
from pgx_mirror.wire.refused import Garbage, OtherSecret, Refused

LONGEST_WAIT = 0.5  # seconds: what is longer between two turns, we were not run
TRIES_AGAIN = 1.0  # seconds after a write that failed
# Seconds after one that did not: a disk that takes no more is to be known before a server
# dies, since the pair is told to be switchable until then.
PROVES_DISK = 10.0
_SAME_AGAIN = 60.0  # seconds before the same address is complained of again
_ADDRESSES = 64

Log = Callable[..., object]  # a Message, and its parameters by name


@dataclass(frozen=True, slots=True)
class _Word:
    visitor: Visitor
    number: int
    request: Request


class Service:
    """One register, served.

    state      as it begins; its `kept` is on disk
    keeper     writes it
    listeners  where servers connect, not blocking
    fencing    ends a server for the sake of the other
    """

    def __init__(
        self,
        state: State,
        keeper: Keeper,
        visitors: Visitors,
        listeners: Iterable[socket.socket],
        log: Log,
        fencing: Fencing,
    ) -> None:
        self.state = state
        self.trouble = ""  # why the state cannot be written, empty if it can
        self._keeper, self._visitors, self._log = keeper, visitors, log
        self._fencing = fencing
        self._doors = {sock.fileno(): Door(sock) for sock in listeners}
        self._last = time.monotonic()
        self._waited = 0.0
        self._write_at = 0.0
        self._complained: dict[str, float] = {}
        self._refused: dict[str, int] = {}

    # ---- what the loop waits for -----------------------------------------------------------

    def interests(self) -> list[tuple[int, int]]:
        """Return descriptors and masks for a poll."""
        if self.trouble:
            return []  # nobody is let in, and nobody is here
        lines = [(v.line.fileno(), v.line.mask()) for v in self._visitors]
        doors = [wanted for door in self._doors.values() for wanted in door.interests()]
        fences = [(fd, select.POLLIN) for fd in self._fencing.fds()]
        return [*doors, *lines, *fences]

    def wait(self) -> float:
        """Return how long a poll may wait at most, in seconds."""
        self._waited = LONGEST_WAIT
        return LONGEST_WAIT

    def turn(self, ready: Sequence[tuple[int, int]]) -> None:
        """Do what is to be done after a poll has found *ready*.

        Who lives is heard before anybody's wish is decided: what came while the disk held
        us up came in an order that we cannot know.
        """
        now = time.monotonic()
        self._excuse(now)
        self._hear_fence(dict(ready), now)
        if self.trouble:
            self._write_again(now)
            return
        asked: list[_Word] = []
        for fd, mask in ready:
            if fd in self._doors:
                self._visitors.accept(self._doors[fd], now)
            elif visitor := self._visitors.at(fd):
                asked += self._hear(visitor, mask, now)
        for word in sorted(asked, key=lambda word: not isinstance(word.request, Beat)):
            if not self.trouble:
                self._answer(word, now)
        self._expire(now)
        if now >= self._write_at and not self.trouble:
            self._written(now)  # the same once more

    def close(self) -> None:
        """End every connection, and a fence that runs."""
        self._fencing.close()
        for visitor in self._visitors:
            self._visitors.drop(visitor)
        for door in self._doors.values():
            door.close()

    def online(self) -> list[str]:
        """Return the servers that are connected and heard."""
        now = time.monotonic()
        return [
            who
            for who in self.state.servers
            if self._visitors.named(who) and self.state.is_heard(who, now)
        ]

    def _excuse(self, now: float) -> None:
        """Give everybody the time in which this process was not run, or waited for the disk."""
        gap = now - self._last - self._waited
        self._last, self._waited = now, 0.0
        if gap > LONGEST_WAIT:
            self.state = late(self.state, gap)
            self._visitors.postpone(gap)

    # ---- connections -----------------------------------------------------------------------

    def _hear(self, visitor: Visitor, mask: int, now: float) -> list[_Word]:
        was = visitor.who
        try:
            if mask & select.POLLOUT:
                visitor.line.flush()
            if not mask & ~select.POLLOUT:
                return []
            found = [payloads.read_asked(p) for p in visitor.line.received()]
        except Parted as ex:
            self._lose(visitor, str(ex), ex.refused)
            return []
        except Garbage as ex:
            self._lose(visitor, str(ex), ex)
            return []
        if visitor.who and not was:
            self._supersede(visitor)
        return [_Word(visitor, number, request) for number, request in found]

    def _supersede(self, visitor: Visitor) -> None:
        """A server has one connection: its last.  What it said by another is void."""
        for older in self._visitors:
            if older is not visitor and older.who == visitor.who:
                self._visitors.drop(older)
        self.state = gone(self.state, visitor.who)

    def _lose(self, visitor: Visitor, why: str, refused: Refused | None = None) -> None:
        who = visitor.who
        self._visitors.drop(visitor)
        if who:
            self.state = gone(self.state, who)
        if visitor.greeted:
            self._log(messages.SERVER_LOST, server=who, reason=why)
        elif isinstance(refused, OtherSecret):
            self._complain(peer_messages.OTHER_SECRET, address=visitor.address)
        elif refused:
            address = visitor.address
            self._complain(peer_messages.GARBLED, address=address, reason=why)

    def _complain(self, message: Message, **parameters: str) -> None:
        """Tell of a stranger, once a minute for each: a flood fills no log."""
        now, about = time.monotonic(), next(iter(parameters.values()))
        if now - self._complained.get(about, -_SAME_AGAIN) < _SAME_AGAIN:
            return
        if len(self._complained) >= _ADDRESSES:
            self._complained.clear()
        self._complained[about] = now
        self._log(message, **parameters)

    def _expire(self, now: float) -> None:
        for visitor in self._visitors:
            if now >= visitor.until:
                self._lose(visitor, "nothing was heard of it in time")

    # ---- requests --------------------------------------------------------------------------

    def _answer(self, word: _Word, now: float) -> None:
        """Decide, have it on disk, and only then say it."""
        visitor, who = word.visitor, word.visitor.who
        if self._visitors.at(visitor.line.fileno()) is not visitor:
            return  # it has gone, or been superseded, in this very turn
        state, reply = step(self.state, who, word.request, now)
        begins = state.fence is not self.state.fence
        before, self.state = self.state.kept, state
        if state.kept != before and not self._written(now):
            return
        if isinstance(word.request, Beat):
            self._greet(visitor, word.request, now)
        if begins and state.fence is not None:
            self._fencing.begin(fence.operation(state, state.fence), state.other(who))
        self._tell(who, before.cell is None, word.request, reply, state.kept != before)
        payload = payloads.answered(word.number, state.kept.identity, reply)
        try:
            visitor.line.say(payload)
        except Parted as ex:
            self._lose(visitor, str(ex))

    def _hear_fence(self, ready: dict[int, int], now: float) -> None:
        for done in self._fencing.hear(ready):
            self.state = fence.ended(self.state, now, done=done)
            last = self.state.fence
            if last is not None and not done:
                other = self.state.other(last.who)
                given = {"server": last.who, "epoch": last.epoch, "other": other}
                self._log(messages.NOT_ENDED, **given)

    def _written(self, now: float) -> bool:
        try:
            self._keeper.write(self.state.kept)
        except Failure as ex:
            self._stand_still(ex.primary, now)
            return False
        self._write_at = now + PROVES_DISK
        return True

    def _stand_still(self, why: str, now: float) -> None:
        """Nobody knows what is on disk: answer nobody until it is what we have decided."""
        if not self.trouble:
            self._log(messages.NOT_DURABLE, reason=why)
        self.trouble, self._write_at = why, now + TRIES_AGAIN
        for visitor in self._visitors:
            self._visitors.drop(visitor)
        self.state = replace(self.state, enrolled={})

    def _write_again(self, now: float) -> None:
        if now >= self._write_at and self._written(now):
            self.trouble = ""
            self._log(messages.DURABLE_AGAIN)

    def _greet(self, visitor: Visitor, beat: Beat, now: float) -> None:
        visitor.until = now + beat.limit
        if not visitor.greeted:
            visitor.greeted = True
            self._log(messages.SERVER_HEARD, server=visitor.who)

    def _tell(
        self, who: str, empty: bool, request: Request, reply: Reply, changed: bool
    ) -> None:
        """Leave in the system log what an operator will ask for afterwards."""
        cell = reply.cell
        if changed and cell is not None:
            message = messages.CELL_IS
            if reply.word == words.WON:
                message = messages.DECIDED
            elif empty:
                message = messages.BEGUN
            self._log(message, server=cell.who, state=cell.state, epoch=cell.epoch)
        elif reply.word == words.HEARD and cell is not None:
            if self._refused.get(who) != cell.epoch:
                self._log(messages.MUST_WAIT, server=who, epoch=cell.epoch)
            self._refused[who] = cell.epoch
        elif reply.word == words.FOREIGN and isinstance(request, Beat):
            self._complain(messages.FOREIGN, server=who)
