"""Looks at one server, each heartbeat_interval: sessions that are kept, and a look by them.

It blocks for as long as it is allowed to, so it runs in a child of the controller's.
"""

from __future__ import annotations

import time
from dataclasses import replace

from pgx_mirror.core import wal
from pgx_mirror.core.seen import Receiver, Seen
from pgx_mirror.database import answers, opening, receiver
from pgx_mirror.database.access import LOCAL, REMOTE, Access
from pgx_mirror.database.proof import COMMIT
from pgx_mirror.database.session import Attempt, Rows, Session
from pgx_mirror.database.trouble import TooLate, Trouble

# A database that nothing can be copied from while a session is in it.
_TEMPLATE = "template1"
# Seconds until the server gives up a statement of a kept session by itself.
_LIMIT = 60.0
# Seconds after which what changes seldom is asked for anew: a role's settings need no
# reload, and a reload that an error has stopped leaves no time behind.
_ANEW = 5.0


class Kept:
    """One session that is kept, or one attempt at it: never two, however long it hangs.

    A backend that waits for a lock does not notice that its client has gone, so attempts
    that are given up would fill the server.
    """

    def __init__(self, access: Access, commit: str) -> None:
        self._access, self._commit = access, commit
        self._attempt: Attempt | None = None
        self.session: Session | None = None

    def open(self, within: float) -> Session:
        """Return the session.  Raises Refused, Lost, and TooLate, after which it goes on."""
        if self.session is None:
            self.session = self._opened(within)
        if self.session is None:
            raise TooLate(f"no session within {within:g} s")
        return self.session

    def _opened(self, within: float) -> Session | None:
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            attempt = opening.start(self._access, limit=_LIMIT, commit=self._commit)
        session = attempt.advance(within)
        self._attempt = attempt if session is None else None
        return session

    def close(self) -> None:
        """Close what there is of it."""
        for one in (self.session, self._attempt):
            if one is not None:
                one.close()
        self.session = self._attempt = None


class Prober:
    """Probe commits of a primary, at most one at a time: who waits for it, waits beside.

    *commit*: REMOTE for commits that wait as any client's, LOCAL for the disk alone.
    """

    def __init__(self, access: Access, commit: str) -> None:
        self._kept = Kept(access, commit)
        self.waits = False

    def begin(self, within: float) -> None:
        """Commit once, without waiting for it.  Raises Refused, TooLate, Lost."""
        self._kept.open(within).send(COMMIT)
        self.waits = True

    def returned(self) -> int:
        """Return a position before that of the commit that has returned, 0 for none.

        Its wait may have been cancelled: that is no return.  Raises Refused, Lost.
        """
        session = self._kept.session
        if not self.waits or session is None:
            return 0
        found = session.take()
        if found is None:
            return 0
        self.waits = False
        return 0 if session.warnings else wal.number(str(found[0][0][0]))

    def close(self) -> None:
        """Leave; a commit that waits goes on waiting for its standby."""
        self._kept.close()
        self.waits = False


class Looker:
    """Looks at the server that *access* leads to.

    Its sessions are in the database of *access*: `postgres`, even where target_db is
    template1, or CREATE DATABASE would fail.  In template1 none is kept.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._kept = Kept(access, "")
        self._prober = Prober(access, REMOTE)
        self._writer = Prober(access, LOCAL)
        self._known: answers.Facts | None = None
        self._known_at = 0.0
        self._end = (0, receiver.NOT_FOUND)
        self._probed = 0

    def look(
        self,
        within: float,
        *,
        probe: bool = False,
        write: bool = False,
        seek: bool = False,
    ) -> Seen:
        """Return what the server shows *within* seconds.

        With *probe*, of a primary that should wait for its standby, a probe commit is begun
        after each look at which others had committed, or nobody streams; later looks tell
        what became of it.  With *seek* it is begun after any look.  With *write*, of a
        primary whose disk is slow, a commit that waits for the disk alone is begun, so that
        there is something to be written.  Raises Refused, TooLate, Lost.
        """
        until = time.monotonic() + within
        try:
            return self._look(until, probe, write, seek)
        except Trouble as ex:
            # An attempt that is late goes on; a session that is late is given up.
            if not (isinstance(ex, TooLate) and self._kept.session is None):
                self._kept.close()
            self._known = None
            raise
        finally:
            if self._access.database == _TEMPLATE and self._kept.session is not None:
                self.close()

    def _look(self, until: float, probe: bool, write: bool, seek: bool) -> Seen:
        session = self._kept.open(until - time.monotonic())
        if self._known is None:
            session.ask(answers.PREPARE, until - time.monotonic())
        returned = _returned(self._prober)
        _returned(self._writer)
        fast = session.ask(answers.ASK_FAST, until - time.monotonic())
        known = self._facts(session, fast, until)
        found = replace(
            answers.seen(fast, known),
            receiver=self._walreceiver(fast),
            probe=returned,
            probe_waits=self._prober.waits,
            version=session.version,
            superuser=session.is_superuser,
        )
        if write and not found.recovery:
            _begin(self._writer, until)
        if (probe or seek) and not found.recovery:
            needed = seek or not found.senders
            self._probe(answers.next_transaction(fast), until, needed=needed)
        return found

    def _facts(self, session: Session, fast: list[Rows], until: float) -> answers.Facts:
        when = answers.loaded(fast)
        now = time.monotonic()
        old = now - self._known_at >= _ANEW
        if self._known is None or self._known.loaded != when or old:
            slow = session.ask(answers.ASK_SLOW, until - time.monotonic())
            self._known, self._known_at = answers.facts(slow, when), now
        return self._known

    def _walreceiver(self, fast: list[Rows]) -> Receiver | None:
        found = answers.walreceiver(fast)
        if found is None:
            return None
        own = receiver.LOCAL if found.is_local else self._own_end(found)
        return Receiver(
            found.pid,
            *own,
            found.status,
            found.timeline,
            found.heard,
            found.told,
            found.age,
        )

    def _own_end(self, found: answers.Walreceiver) -> tuple[str, int]:
        """Return its own end; one process has one connection as long as it lives."""
        pid, end = self._end
        if pid != found.pid or end == receiver.NOT_FOUND:
            self._end = (found.pid, receiver.own_end(found.pid, found.sender_port))
        return self._end[1]

    def _probe(self, transaction: int, until: float, *, needed: bool) -> None:
        """Commit once more, where somebody else has; an idle server stays idle.

        Where there is no sender at all a commit that returns is an alarm, so it is needed.
        """
        if (transaction != self._probed or needed) and _begin(self._prober, until):
            self._probed = transaction + 1  # it takes one itself

    def close(self) -> None:
        """Close all sessions; the next look opens them anew."""
        self._kept.close()
        self._prober.close()
        self._writer.close()
        self._known = None


def _returned(prober: Prober) -> int:
    """Return what *prober* does; one that has lost its session begins anew."""
    try:
        return prober.returned()
    except Trouble:
        prober.close()
        return 0


def _begin(prober: Prober, until: float) -> bool:
    """Have *prober* commit once more, unless it still waits; whether it does."""
    if prober.waits:
        return False
    try:
        prober.begin(until - time.monotonic())
    except Trouble:
        prober.close()
        return False
    return True
