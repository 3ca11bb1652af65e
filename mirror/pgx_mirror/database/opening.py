"""Opening a session within a time."""

from __future__ import annotations

from pgx_mirror.database.access import LOCAL, Access, options
from pgx_mirror.database.session import Attempt, Session
from pgx_mirror.database.trouble import TooLate


def start(
    access: Access, *, limit: float, commit: str = LOCAL, hidden: bool = False
) -> Attempt:
    """Begin to open a session; *limit*: how many seconds any of its statements may take.

    Its commits wait for nobody unless *commit* is REMOTE.  *hidden*: what it is asked
    holds a secret, and is not logged.  Raises Refused, Lost.
    """
    return Attempt(access, options(commit, limit, hidden=hidden))


def open_session(
    access: Access, within: float, *, commit: str = LOCAL, hidden: bool = False
) -> Session:
    """Open a session that `start` describes, for statements that are waited for *within* too.

    The server ends one by itself a second later: never first, as that is told as a refusal.
    Raises Refused, TooLate, Lost.
    """
    attempt = start(access, commit=commit, limit=within + 1, hidden=hidden)
    try:
        session = attempt.advance(within)
    finally:
        attempt.close()
    if session is None:
        raise TooLate(f"no session within {within:g} s")
    return session
