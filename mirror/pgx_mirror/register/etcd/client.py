"""The register in etcd as a controller has it: as the arbiter, and no more waited for.

What waits is a child: begun where a connection to an arbiter would be, and ended where
that would be.  A child that does not answer in time is ended, whatever it waits for.
"""

from __future__ import annotations

import select
from functools import partial

from pgx_base.child import Child
from pgx_mirror.register import payloads
from pgx_mirror.register.asking import Asking
from pgx_mirror.register.core.words import Beat
from pgx_mirror.register.etcd import child
from pgx_mirror.register.etcd.child import Said, Task
from pgx_mirror.register.etcd.place import Place
from pgx_mirror.register.events import Event
from pgx_mirror.register.line import Parted
from pgx_mirror.wire.refused import Garbage

_ENDED = "the process that asks it has ended"
REFUSED = (
    5.0  # seconds until it is tried again, where etcd refuses: a log-in is hard work
)


class EtcdRegister(Asking):
    """One controller's hold of the register in etcd; *me*, *other*: server identifiers.

    Its children are the caller's to reap.
    """

    def __init__(
        self, place: Place, me: str, other: str, beat: Beat, *, interval: float
    ) -> None:
        super().__init__(beat, interval)
        self._place, self._me, self._other = place, me, other
        self._child: Child | None = None
        self._seen = 0
        self._online: tuple[str, ...] = ()

    def interests(self) -> list[tuple[int, int]]:
        """Return descriptors and masks for a poll."""
        return [] if self._child is None else [(self._child.fd, select.POLLIN)]

    def ready(self, fd: int, mask: int, now: float) -> list[Event]:
        """Take what a poll has found at *fd*; another's descriptor is no harm."""
        its = self._child
        if its is None or fd != its.fd:
            return []
        events: list[Event] = []
        for line in its.hear():
            try:
                events += self._hears(child.heard(line), now)
            except Garbage as ex:
                events += self._lose(str(ex), now)
            if self._child is not its:
                return events
        return events + self._lose(_ENDED, now) if its.ended else events

    def _hears(self, said: Said, now: float) -> list[Event]:
        # Lower than before, where what was put back has been replaced.
        self._seen = said.seen or self._seen
        if said.online is not None:
            self._online = said.online
        if not said.why:
            return self._take(payloads.read_answered(said.payload), now)
        events = self._lose(said.why, now)
        if said.refused:
            self._try_at = now + REFUSED
        else:
            self._online = ()
        return events

    @property
    def members(self) -> tuple[tuple[str, bool], ...]:
        """Each member, and whether it answered when it was asked last."""
        names = map(str, self._place.endpoints)
        return tuple((name, name in self._online) for name in names)

    @property
    def _connected(self) -> bool:
        return self._child is not None

    def _connect(self, now: float) -> list[Event]:
        task = Task(self._place, self._me, self._other, self._tries, self._seen)
        self._tries += 1
        try:
            self._child = Child(partial(child.serve, task))
        except OSError as ex:  # no process, no descriptor
            return self._unmade(ex.strerror or str(ex), now)
        self._began = now
        return self._send(self._beat, now, ours=True)

    def _put(self, payload: bytes) -> None:
        if self._child is None:
            raise Parted(_ENDED)
        self._child.tell(payload + b"\n")

    def _cut(self) -> None:
        if self._child is not None:
            self._child.close()
        self._child = None
