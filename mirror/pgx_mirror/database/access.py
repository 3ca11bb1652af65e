"""Where a server is asked, by whom, and under which settings."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.login import Login

APPLICATION = "mc_agent"  # the newer guides' name
LOCAL, REMOTE = "local", "on"

# What no setting of a role, a database or the server may change for us.  A database's
# owner need be no superuser: his functions are not to be found before PostgreSQL's own, and
# of a wait that was cancelled a warning alone tells.
_OURS = {
    "client_min_messages": "warning",
    "default_transaction_read_only": "off",
    "lock_timeout": "0",
    "search_path": "pg_catalog",
    "standard_conforming_strings": "on",
}
# What keeps a statement out of the server's log and views.
_HIDDEN = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "track_activities": "off",
    "pg_stat_statements.track": "none",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server listens, who asks (`Login` with application mc_agent), and in which database.

    Addresses are tried in order, the next where a login is refused; put the one that a
    `Session` was let in at first, or the server's log fills with refusals.
    """

    addresses: tuple[Address, ...]
    login: Login
    database: str = "postgres"


def options(commit: str, limit: float, *, hidden: bool = False) -> bytes:
    """Return libpq's option `options`: whom a session's commits wait for, and its limits.

    Without *commit* the server's own setting holds.

    *limit*: how many seconds any of its statements may take.  No value has a blank or a
    quote in it.
    """
    ours = {"statement_timeout": f"{int(limit * 1000)}"}
    if commit:
        ours["synchronous_commit"] = commit
    given = ours | _OURS | (_HIDDEN if hidden else {})
    return b" options='%s'" % " ".join(f"-c {k}={v}" for k, v in given.items()).encode()
