"""Promotion of a standby: pg_promote, and until it is seen to be none any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from pgx_mirror.database.access import APPLICATION, Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.session import Session
from pgx_mirror.database.trouble import Refused, TooLate

# In one statement: a second pg_promote is harmless, on a primary it is an error.
_BEGIN = "select case when pg_is_in_recovery() then pg_promote(false) end"
_LOOK = "select pg_is_in_recovery(), pg_last_wal_replay_lsn()"
# Who may be what replay waits for: whoever is not idle, but for ourselves.  Before 14 it
# waits for a snapshot without a word.
_END_READERS = f"""
    select pg_terminate_backend(pid) from pg_stat_activity
    where backend_type = 'client backend' and state is distinct from 'idle'
        and pid <> pg_backend_pid()
        and not (usename = session_user and application_name = '{APPLICATION}')
        and exists (select from pg_stat_activity where backend_type = 'startup'
            and (wait_event like 'RecoveryConflict%' or wait_event_type in ('Lock', 'BufferPin')
                or wait_event is null and current_setting('server_version_num')::int < 140000))
"""  # noqa: S608
_STANDS_STILL = 1.0  # seconds without progress, while nobody can commit
_BETWEEN_LOOKS = 0.01  # seconds
_LEAST = 0.1  # seconds for an answer
_HEEDED_WITHIN = 2.0  # seconds until who was asked without a session is asked again


def promote(
    access: Access,
    within: float,
    nudge: Callable[[], object] | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> None:
    """Promote the server, or see that it is no standby, within so many seconds.

    *nudge*: it was asked for that already, by what asks again; pg_promote is called only if
    that takes long.  *say* is told what else was done for it.

    Raises Refused; TooLate, and it may be promoted all the same; Lost, where it has ended
    over it: PostgreSQL ends a standby whose replay waits for settings (10, A8).
    """
    until = time.monotonic() + within
    heeds = min(until, time.monotonic() + _HEEDED_WITHIN)
    with open_session(access, within) as session:
        replay = _Replay(session, until, say)
        if nudge is not None and replay.is_over(heeds, nudge):
            return
        session.ask(_BEGIN, max(until - time.monotonic(), _LEAST))
        if not replay.is_over(until):
            raise TooLate(f"it is still a standby after {within:g} s")


class _Replay:
    """What is still to be replayed before the server is the primary; *until*: for answers.

    A reader whom replay waits for would have nobody commit for as long as he likes:
    max_standby_streaming_delay is 30 s, and often -1.
    """

    def __init__(
        self, session: Session, until: float, say: Callable[[str], object]
    ) -> None:
        self._session, self._until, self._say = session, until, say
        self._position: object = None
        self._since = time.monotonic()

    def is_over(
        self, look_until: float, nudge: Callable[[], object] | None = None
    ) -> bool:
        """Whether it is no standby any more, by monotonic *look_until*."""
        while True:
            recovers, position = self._session.ask(_LOOK, self._left())[0][0]
            if recovers != "t":
                return True
            if time.monotonic() > look_until:
                return False
            if nudge is not None:
                nudge()
            self._mind(position)
            time.sleep(_BETWEEN_LOOKS)

    def _mind(self, position: object) -> None:
        now = time.monotonic()
        if position != self._position:
            self._position, self._since = position, now
        elif now - self._since >= _STANDS_STILL:
            self._since = now
            self._end_readers()

    def _end_readers(self) -> None:
        try:
            ended = self._session.ask(_END_READERS, self._left())[0]
        except Refused as ex:
            self._say(f"could not end sessions that replay may wait for: {ex}")
            return
        if ended:
            self._say(f"{len(ended)} sessions are ended: replay waited for one")

    def _left(self) -> float:
        return max(self._until - time.monotonic(), _LEAST)
