"""The register in etcd, for one controller: what mc_arb decides, decided by compare-and-set.

The step is the arbiter's own.  What it makes of the key that was read is written only if
nobody has changed that key meanwhile; else it is read again, and stepped again.
"""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.register.core.state import Heard, State
from pgx_mirror.register.core.step import step
from pgx_mirror.register.core.words import FOREIGN, Beat, Enrol, Reply, Request
from pgx_mirror.register.etcd.gateway import Away
from pgx_mirror.register.etcd.keys import Enrolled
from pgx_mirror.register.etcd.store import Store, View

# Seconds until a standby asks again while the primary's key lives: a key that ends is not
# told of, and who has waited long enough should wait no longer.
AGAIN = 0.2
_TRIES = 20  # so often another may be quicker


class Service:
    """What answers the requests of server *me*; *other* is its peer."""

    def __init__(self, store: Store, me: str, other: str) -> None:
        self._store = store
        self._me, self._other = me, other
        self._beat: Beat | None = None
        self._enrolled: Enrolled | None = None
        self._identity = ""
        self._is_ours = False

    def answer(self, request: Request) -> tuple[str, Reply]:
        """Return the register's identity, and its answer.  Raises Away: nobody knows."""
        if isinstance(request, Beat):
            self._beat = request
        if self._is_foreign():
            return self._identity, Reply(FOREIGN)
        if isinstance(request, Enrol):
            self._enrol(request)
        elif isinstance(request, Beat):
            self._lives()
        reply = self._decided(self._completed(request))
        return self._identity, reply

    def _is_foreign(self) -> bool:
        """Whether it is another pair's: then no key of ours takes the place of one of theirs."""
        if self._is_ours or self._beat is None:
            return False
        system = self._view().kept.system
        self._is_ours = system == self._beat.system
        return not self._is_ours and system != ""

    def _lives(self) -> None:
        assert self._beat is not None
        self._store.lives(self._beat, self._enrolled)

    def _enrol(self, request: Enrol) -> None:
        """Say by our own key what we enrol: who of the two finds both begins the cell."""
        self._view()
        self._enrolled = Enrolled(self._identity, request.epoch, request.state)
        self._lives()

    def _completed(self, request: Request) -> Request:
        """Enrol again with each beat, while the other may have enrolled since."""
        said = self._enrolled
        if isinstance(request, Beat) and said is not None:
            return Enrol(said.epoch, said.state)
        return request

    def _decided(self, request: Request) -> Reply:
        for _ in range(_TRIES):
            view = self._view()
            after, reply = step(self._state(view), self._me, request, 0.0)
            if after.kept == view.kept:
                return reply
            if self._store.swap(view, after.kept, enrols=isinstance(request, Enrol)):
                return reply
        raise Away("its key is changed by others again and again")

    def _view(self) -> View:
        """Return what is there.  Raises Away, too where it is another register than before."""
        view = self._store.read()
        if self._identity not in ("", view.kept.identity):
            raise Away("its register is another one")
        self._identity = view.kept.identity
        if view.kept.cell is not None:
            self._enrolled = None
        return view

    def _state(self, view: View) -> State:
        """Return *view* as the arbiter's state: who has a key is heard, and nobody else.

        A key tells neither since when nor for how long: who waits asks again soon.
        """
        heard: dict[str, Heard] = {}
        if self._beat is not None:
            heard[self._me] = Heard(self._beat, 0.0)
        enrolled: dict[str, Enrol] = {}
        if (its := view.other) is not None:
            heard[self._other] = Heard(Beat(its.role, its.system, AGAIN), 0.0)
            said = its.enrolled
            if said is not None and said.register == view.kept.identity:
                enrolled[self._other] = Enrol(said.epoch, said.state)
        # Since ever: where the primary has no key, nobody is to be listened for.
        began = float("-inf")
        state = State(view.kept, (self._me, self._other), began, heard, enrolled)
        return replace(state, silence=AGAIN)
