"""ALTER SYSTEM: a running standby's name towards its primary, and names that beat the file.

It waits for no standby, works on one, and is durable when it returns.
"""

from __future__ import annotations

import time

from pgx_mirror.core import conninfo
from pgx_mirror.database.access import Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.trouble import Unproven

_CONNINFO = "show primary_conninfo"
_RELOAD = "select pg_reload_conf()"
_BETWEEN_SESSIONS = 0.02  # seconds
_LEAST = 1.0  # for the last look, which else would say that it is late, and not why


def bear(access: Access, name: str, within: float) -> None:
    """Make *name* the application_name in a running standby's primary_conninfo.

    Its walreceiver connects anew under it.  The statement is not logged: there may be a
    password in it.  PostgreSQL itself logs the new value, password and all, when it reads
    it: .pgpass is the place for one.  Raises Unproven, Refused, TooLate, Lost.
    """
    until = time.monotonic() + within
    with open_session(access, within, hidden=True) as session:
        found = str(session.ask(_CONNINFO, within)[0][0][0])
        if _name(found) == name:
            return
        wanted = _renamed(found, name).replace("'", "''")
        session.ask(f"alter system set primary_conninfo = '{wanted}'", within)
        session.ask(_RELOAD, within)
    while _borne(access, max(_LEAST, until - time.monotonic())) != name:
        if time.monotonic() > until:
            raise Unproven("primary_conninfo is set elsewhere too, and that one counts")
        time.sleep(_BETWEEN_SESSIONS)


def _renamed(text: str, name: str) -> str:
    if not text:
        raise Unproven("primary_conninfo is empty")
    return conninfo.with_value(text, conninfo.APPLICATION_NAME, name)


def _name(text: str) -> str:
    try:
        return conninfo.value_of(text, conninfo.APPLICATION_NAME)
    except conninfo.Unreadable as ex:
        raise Unproven(f"primary_conninfo cannot be changed: {ex}") from None


def _borne(access: Access, within: float) -> str:
    """Return the application_name that a new session shows."""
    with open_session(access, within, hidden=True) as session:
        return _name(str(session.ask(_CONNINFO, within)[0][0][0]))


def reset_names(access: Access, within: float) -> None:
    """Take synchronous_standby_names out of postgresql.auto.conf, where it beats the file.

    Raises Refused, TooLate, Lost.
    """
    with open_session(access, within) as session:
        session.ask("alter system reset synchronous_standby_names", within)
        session.ask(_RELOAD, within)
