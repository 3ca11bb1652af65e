"""A reload that took effect: what a new session shows, and else why it does not.

That is no proof of what commits do (`database.proof`): the checkpointer reads for itself.
"""

from __future__ import annotations

import time

from pgx_mirror.database import answers
from pgx_mirror.database.access import Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.session import Session
from pgx_mirror.database.trouble import Unproven

_RELOAD = "select pg_reload_conf()"
_NAMES = "show synchronous_standby_names"
_BETWEEN_SESSIONS = 0.02  # seconds
_LEAST = 0.1


def errors(access: Access, within: float) -> tuple[str, ...]:
    """Return what is wrong in the configuration files now, so that none of it would be read.

    A line each, with file and number.  Raises Refused, TooLate, Lost.
    """
    with open_session(access, within) as session:
        return _errors(session, within)


def _errors(session: Session, within: float) -> tuple[str, ...]:
    [rows] = session.ask(answers.FILE_ERRORS, within)
    return tuple(answers.file_error(row) for row in rows)


def names(access: Access, wanted: str, within: float) -> None:
    """Have the server read its files, until a new session shows *wanted* as the names.

    Raises Unproven, telling what stands in the way, Refused, TooLate, Lost.
    """
    until = time.monotonic() + within
    with open_session(access, within) as session:
        if found := _errors(session, within):
            raise Unproven(f"nothing of the configuration is read: {found[0]}")
        session.ask(_RELOAD, within)
    while (shown := _shown(access, max(_LEAST, until - time.monotonic()))) != wanted:
        if time.monotonic() > until:
            raise Unproven(_obstacle(access, shown))
        time.sleep(_BETWEEN_SESSIONS)


def _shown(access: Access, within: float) -> str:
    with open_session(access, within) as session:
        return str(session.ask(_NAMES, within)[0][0][0])


def _obstacle(access: Access, shown: str) -> str:
    """Return who sets the names that are shown."""
    with open_session(access, 1.0) as session:
        [[(source, file)]] = session.ask(answers.SOURCE, 1.0)
    where = f"{source} {file}".strip()
    return f'a new session shows the names "{shown}", by {where}'
