"""Do commits wait for the standby, or do they not?  Proved by commits, never by settings.

SHOW and sync_state tell what was read, while commits go by a flag that the checkpointer
sets when it comes to it (the protocol's 3.1b and 3.3).  One `Proof` serves one arming,
over several phases, with other work in between; it blocks, so it runs in a child.
"""

from __future__ import annotations

import time

from pgx_mirror.core import wal
from pgx_mirror.database.access import REMOTE, Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.session import Session
from pgx_mirror.database.trouble import Lost, TooLate, Trouble, Unproven

COMMIT = "select pg_logical_emit_message(true, 'pgx_mirror', '')"
# Under its own name looks can tell whether the commit that was seen to wait still does.
_NAMED = "set application_name = 'mc_agent proof'"
_NAMES = "show synchronous_standby_names"
_IDLE = """
    select wait_event is not distinct from 'CheckpointerMain' from pg_stat_activity
    where backend_type = 'checkpointer'"""
_WAITS = "select wait_event = 'SyncRep' from pg_stat_activity where pid = {}"
_POSITION = "show synchronous_standby_names; select pg_current_wal_insert_lsn()"

# Seconds.
_BETWEEN_LOOKS = 0.002
_BETWEEN_SESSIONS = 0.02
_BETWEEN_PROBES = 0.02
_READ_WITHIN = 5.0
NUDGE_EVERY = 0.05  # the protocol's 3.6
_ENDED_WITHIN = 0.5
_LEAST = 0.05  # what an answer is given even where the time is over


class _Time:
    """How much is left of a time."""

    def __init__(self, within: float) -> None:
        self._until = time.monotonic() + within

    @property
    def left(self) -> float:
        return max(_LEAST, self._until - time.monotonic())

    @property
    def over(self) -> bool:
        return time.monotonic() > self._until


class Proof:
    """The proofs of one arming on a primary, and the probe commit that waits through it."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._probe: Session | None = None
        self._beside: Session | None = None

    def off(self, within: float) -> None:
        """Prove that commits do not wait and that nothing older is on its way (3.1b).

        The names must be out of the file, and the server told.  When it returns, no
        checkpoint runs.  Raises Unproven, Refused, TooLate, Lost.
        """
        left = _Time(within)
        self._shows_nobody(left)
        try:
            # Begun only now: the checkpointer applies what it has read before it makes one.
            self._watch(left).ask("checkpoint", left.left)
            self._commit(left)
            self._returns(left)
            self._rests(left)
        except Trouble:
            self.close()
            raise

    def _shows_nobody(self, left: _Time) -> None:
        """Wait until a new session shows no name; a postmaster reads a file in no time."""
        soon = _Time(min(left.left, _READ_WITHIN))
        shown: str | None = None
        while True:
            try:
                with open_session(self._access, left.left) as session:
                    shown = session.ask(_NAMES, left.left)[0][0][0]
            except TooLate:
                if shown is None:
                    raise
            if not shown:
                return
            if soon.over:
                raise Unproven(f'a new session shows the names "{shown}"')
            time.sleep(_BETWEEN_SESSIONS)

    def _returns(self, left: _Time) -> None:
        """Wait until the probe commit has returned by itself."""
        probe = self._probing(left)
        if probe.take(left.left) is None:
            raise Unproven("a commit waits for a standby")
        if probe.warnings:
            raise Unproven("the wait of a commit was cancelled")

    def _rests(self, left: _Time) -> None:
        """Wait until no checkpoint runs."""
        while self._watch(left).ask(_IDLE, left.left)[0] != [("t",)]:
            if left.over:
                raise Unproven("a checkpoint is being made")
            time.sleep(_BETWEEN_SESSIONS)

    def on(self, within: float, names: str) -> int:
        """Prove that commits wait, and return the insert position read after that (3.3, 3.5).

        *names* must be in the file, and the server told.  The probe commit that was seen to
        wait goes on waiting, until `free` or `drop`.  Raises Unproven, Refused, TooLate, Lost.
        """
        left = _Time(within)
        try:
            while not self._is_seen_waiting(left):
                if left.over:
                    raise Unproven("commits do not wait for a standby")
                time.sleep(_BETWEEN_PROBES)
            [(shown,)], [(position,)] = self._watch(left).ask(_POSITION, left.left)
            if shown != names:
                raise Unproven(f'commits wait for "{shown}", not for "{names}"')
        except Trouble:
            self.close()
            raise
        return wal.number(str(position))

    def _is_seen_waiting(self, left: _Time) -> bool:
        """Commit once: whether another session sees it wait before it returns."""
        probe, watch = self._probing(left), self._watch(left)
        self._commit(left)
        seen = _WAITS.format(probe.pid)
        while probe.take(_BETWEEN_LOOKS) is None:
            if watch.ask(seen, left.left)[0] == [("t",)] and probe.take() is None:
                return True
            if left.over:
                raise TooLate("a commit neither returned nor was seen to wait")
        return False

    def free(self, within: float) -> int:
        """Nudge until the probe commit has returned; return a position before its end (3.6).

        The real name must be in the file, and the server told.  It may be called again after
        TooLate.  Raises Refused, TooLate, Lost.
        """
        left, probe = _Time(within), self._probe
        if probe is None:
            raise Lost("no commit is waiting")
        while (position := self._returned(probe)) is None:
            if left.over:
                raise TooLate("a commit still waits for the standby")
            self.nudge(left.left)
        self.close()
        return position

    def still_waits(self) -> bool:
        """Whether the commit that was seen waiting has not returned.  Raises Refused, Lost.

        One that was cancelled has not been released: `free` commits once more.
        """
        probe = self._probe
        if probe is None:
            raise Lost("no commit is waiting")
        found = probe.take()
        if found is None:
            return True
        if probe.warnings:
            probe.send(COMMIT)
            return True
        return False

    def nudge(self, within: float) -> None:
        """Commit once without waiting, so that the standby has something to answer (3.5).

        Raises Refused, TooLate, Lost.
        """
        beside = self._watch(_Time(within))
        try:
            beside.ask(COMMIT, within)
        except TooLate:  # nothing more can be asked there: the next nudge has a new one
            beside.close()
            self._beside = None
            raise

    def _returned(self, probe: Session) -> int | None:
        """Return its position once a standby has released it.

        One that was cancelled instead is sent again.
        """
        found = probe.take(NUDGE_EVERY)
        if found is None:
            return None
        if probe.warnings:
            probe.send(COMMIT)
            return None
        return wal.number(str(found[0][0][0]))

    def drop(self, within: float) -> bool:
        """Give the arming up, once the names are out: whether that freed the probe commit.

        It is ended in any case, so that nothing is left.  Raises nothing.
        """
        left = _Time(within)
        try:
            freed = self._probe is None or self._probe.take(left.left) is not None
        except Trouble:
            freed = False
        self.close()
        return freed

    def _commit(self, left: _Time) -> None:
        self._probing(left).send(COMMIT)

    def _probing(self, left: _Time) -> Session:
        if self._probe is None:
            self._probe = open_session(self._access, left.left, commit=REMOTE)
            self._probe.ask(_NAMED, left.left)
        return self._probe

    def _watch(self, left: _Time) -> Session:
        """Return the session whose commits wait for nobody."""
        if self._beside is None:
            self._beside = open_session(self._access, left.left)
        return self._beside

    def close(self) -> None:
        """Close the sessions, and end a probe's backend that waits: it would not notice.

        Nothing but a message to nobody was committed: whether it stays in the log does not
        matter to anyone.  Raises nothing, and takes a second at most.
        """
        if self._probe is not None and _waits(self._probe):
            self._end(self._probe.pid)
        for session in (self._probe, self._beside):
            if session is not None:
                session.close()
        self._probe = self._beside = None

    def _end(self, pid: int) -> None:
        """End a backend by a session that stands, or by a new one where that is of no use."""
        end = f"select pg_terminate_backend({pid})"
        try:
            self._watch(_Time(_ENDED_WITHIN)).ask(end, _ENDED_WITHIN)
            return
        except Trouble:
            pass
        try:
            with open_session(self._access, _ENDED_WITHIN) as session:
                session.ask(end, _ENDED_WITHIN)
        except Trouble:
            pass  # the server is gone or hangs, and with it the backend


def _waits(session: Session) -> bool:
    try:
        return session.take() is None
    except Trouble:
        return False
