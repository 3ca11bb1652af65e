"""Promotion of a standby: pg_promote, and until it is seen to be none any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from pgx_mirror.database.access import Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.session import Session
from pgx_mirror.database.trouble import TooLate

# In one statement: a second pg_promote is harmless, on a primary it is an error.
_BEGIN = "select case when pg_is_in_recovery() then pg_promote(false) end"
_IN_RECOVERY = "select pg_is_in_recovery()"
_BETWEEN_LOOKS = 0.01  # seconds
_LEAST = 0.1  # seconds for an answer
_HEEDED_WITHIN = 2.0  # seconds until who was asked without a session is asked again


def promote(
    access: Access, within: float, nudge: Callable[[], object] | None = None
) -> None:
    """Promote the server, or see that it is no standby, within so many seconds.

    *nudge*: it was asked for that already, by what asks again; pg_promote is called only if
    that takes long.

    Raises Refused; TooLate, and it may be promoted all the same; Lost, where it has ended
    over it: PostgreSQL ends a standby whose replay waits for settings (10, A8).
    """
    until = time.monotonic() + within
    heeds = min(until, time.monotonic() + _HEEDED_WITHIN)
    with open_session(access, within) as session:
        if nudge is not None and _is_over(session, heeds, until, nudge):
            return
        session.ask(_BEGIN, max(until - time.monotonic(), _LEAST))
        if not _is_over(session, until, until):
            raise TooLate(f"it is still a standby after {within:g} s")


def _is_over(
    session: Session,
    look_until: float,
    answer_until: float,
    nudge: Callable[[], object] | None = None,
) -> bool:
    """Whether it is no standby any more, by monotonic *look_until*."""
    while True:
        left = max(answer_until - time.monotonic(), _LEAST)
        if session.ask(_IN_RECOVERY, left)[0] != [("t",)]:
            return True
        if time.monotonic() > look_until:
            return False
        if nudge is not None:
            nudge()
        time.sleep(_BETWEEN_LOOKS)
