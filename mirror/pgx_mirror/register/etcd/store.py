"""The register's keys, read at one instant and changed by compare-and-set."""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass

from pgx_base.text import quoted
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.core.words import Beat
from pgx_mirror.register.etcd import keys
from pgx_mirror.register.etcd.gateway import Away, Found, Gateway, Outcome
from pgx_mirror.register.etcd.keys import Enrolled, Server
from pgx_mirror.wire.refused import Garbage

PROVES_WRITES = 5.0  # seconds between two reads that tell whether etcd takes writes


@dataclass(frozen=True, slots=True)
class View:
    """The register and the other server's key; revisions are of their last changes, 0: none."""

    kept: Kept
    cluster: str
    revision: int
    other: Server | None
    other_revision: int


def lasting(beat: Beat) -> int:
    """Return for how many seconds a lease is asked: gone before who said *beat* is silent.

    etcd takes half a second more to find that it is over.  The primary's host may have had
    etcd's leader: at etcd's own times another one is there after up to two seconds, and begins
    all leases anew, each with a second more.
    """
    return max(1, math.floor(beat.limit) - 3)


class Store:
    """The keys below *prefix*, for the server *me*.

    seen  the revision of the register that was read last, by whichever controller of this
          server: what is older than that was put back
    """

    def __init__(
        self, gateway: Gateway, prefix: str, me: str, other: str, seen: int = 0
    ) -> None:
        self._gateway = gateway
        self._register = keys.register_key(prefix)
        self._mine, self._its = (keys.server_key(prefix, one) for one in (me, other))
        self.seen = seen
        self._lease = 0
        self._said: Server | None = None
        self._prove_at = 0.0

    def read(self) -> View:
        """Return what is there now; one that is not there is made.  Raises Away."""
        while True:
            outcome = self._read()
            found, its = outcome.found
            view = self._viewed(outcome, found, its)
            if view is not None:
                self.seen = view.revision
                return view
            # Nobody's, or put back: a new one, which both servers enrol.
            fresh = keys.of_kept(Kept(secrets.token_hex(16)), outcome.cluster)
            revision = found.revision if found else 0
            done = self._gateway.put(
                self._register, fresh, where={self._register: revision}
            )
            if done.done:
                self.seen = done.revision

    def _read(self) -> Outcome:
        """Read, and now and then know that a change would be taken: it is not waited for."""
        now, written = time.monotonic(), ""
        if now >= self._prove_at:
            self._prove_at, written = now + PROVES_WRITES, self._mine
        return self._gateway.read((self._register, self._its), written=written)

    def _viewed(
        self, outcome: Outcome, found: Found | None, its: Found | None
    ) -> View | None:
        """Return what was found, None where there is no register, or one that was put back."""
        if found is None or found.revision < self.seen:
            return None
        kept, cluster = self._kept(found)
        if cluster != outcome.cluster:
            return None
        return View(
            kept, cluster, found.revision, _server(its), its.revision if its else 0
        )

    def _kept(self, found: Found) -> tuple[Kept, str]:
        try:
            return keys.read_register(found.value)
        except Garbage as ex:
            key = quoted(self._register)
            raise Away(f"its key {key} is no register: {ex}", refused=True) from ex

    def swap(self, view: View, kept: Kept, *, enrols: bool = False) -> bool:
        """Write *kept* if nothing has changed since *view*; *enrols*: nor the other's key.

        Raises Away: then nobody knows whether it is there.
        """
        where = {self._register: view.revision}
        if enrols:
            where[self._its] = view.other_revision
        value = keys.of_kept(kept, view.cluster)
        done = self._gateway.put(self._register, value, where=where)
        if done.cluster != view.cluster:
            raise Away("its endpoints are of more than one cluster", refused=True)
        if done.done:
            self.seen = done.revision
        return done.done

    def lives(self, beat: Beat, enrolled: Enrolled | None) -> None:
        """Keep this server's key, and have it say *beat* and what is *enrolled*.  Raises Away."""
        said = Server(beat.role, beat.system, enrolled)
        if self._lease and not self._gateway.keep(self._lease):
            self._lease = 0
        if self._lease and said == self._said:
            return
        if not self._lease:
            self._lease, self._said = self._gateway.grant(lasting(beat)), None
        self._gateway.put(self._mine, keys.of_server(said), lease=self._lease)
        self._said = said


def _server(found: Found | None) -> Server | None:
    """Return what the other's key says; what cannot be read says nothing."""
    try:
        return keys.read_server(found.value) if found else None
    except Garbage:
        return None
