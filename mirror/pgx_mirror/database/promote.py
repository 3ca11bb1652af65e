"""Promotion of a standby: pg_promote, and until it is seen to be none any more."""

from __future__ import annotations

import time

from pgx_mirror.database.access import Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.trouble import TooLate

# In one statement: a second pg_promote is harmless, on a primary it is an error.
_BEGIN = "select case when pg_is_in_recovery() then pg_promote(false) end"
_IN_RECOVERY = "select pg_is_in_recovery()"
_BETWEEN_LOOKS = 0.01  # seconds


def promote(access: Access, within: float) -> None:
    """Promote the server, or see that it is no standby, within so many seconds.

    Raises Refused; TooLate, and it may be promoted all the same; Lost, where it has ended
    over it: PostgreSQL ends a standby whose replay waits for settings (10, A8).
    """
    until = time.monotonic() + within
    with open_session(access, within) as session:
        session.ask(_BEGIN, until - time.monotonic())
        while session.ask(_IN_RECOVERY, max(until - time.monotonic(), 0.1))[0] == [
            ("t",)
        ]:
            if time.monotonic() > until:
                raise TooLate(f"it is still a standby after {within:g} s")
            time.sleep(_BETWEEN_LOOKS)
