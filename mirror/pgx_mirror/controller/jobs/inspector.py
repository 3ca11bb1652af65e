"""A hand that looks once at how a server that is up is configured (manual B.1, B.2)."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_mirror.checks import archiving, hba, slots, table
from pgx_mirror.conf import ports
from pgx_mirror.conf.local import is_here
from pgx_mirror.controller.jobs.sessions import access
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.core import conninfo
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.session import Session
from pgx_mirror.database.trouble import Refused, Trouble
from pgx_mirror.hands.line import Line

WITHIN = 5.0  # seconds
_HERE = "this server"
_NAMES = ", ".join(f"'{name}'" for name in table.ASKED)
_SETTINGS = (
    f"select name, current_setting(name) from pg_settings where name in ({_NAMES})"  # noqa: S608
)
_PORT = "select current_setting('port')"
_UPSTREAM = (
    "select case when pg_is_in_recovery() then current_setting('primary_conninfo') end"
)


def inspect(
    _line: Line, site: Site, postmaster: Ident, other: str
) -> tuple[Failure, ...] | None:
    """Return what is not as a pair needs it; None where nobody is let in to ask.

    *other*: the other server's host, whose name may take long to be looked up.
    """
    try:
        # Without a word of ours on whom commits wait for: the server's own counts.
        with open_session(access(site, postmaster), WITHIN, commit="") as session:
            apart = not is_here(other)
            return tuple(_found(session, site.backups, apart=apart))
    except (Trouble, OSError):
        return None


def _found(session: Session, backups: str, *, apart: bool) -> Iterator[Failure]:
    rows = session.ask(_SETTINGS, WITHIN)[0]
    values = {str(name): str(value) for name, value in rows}
    for finding in table.judge(values, _HERE, apart=apart):
        yield finding.what
    for finding in archiving.judge(values, backups, _HERE):
        yield finding.what
    [(port,)] = session.ask(_PORT, WITHIN)[0]
    yield from ports.of_postgres(int(port or 0))
    for (name,) in session.ask(slots.ENDLESS, WITHIN)[0]:
        yield slots.endless(str(name), _HERE)
    try:
        rules = hba.rules(session.ask(hba.SQL, WITHIN)[0])
    except Refused as ex:
        yield hba.not_read(_HERE, str(ex))
        return
    for finding in hba.judge(rules, _HERE):
        yield finding.what
    [(upstream,)] = session.ask(_UPSTREAM, WITHIN)[0]
    yield from _reverse(rules, upstream or "")


def _reverse(rules: list[hba.Rule], upstream: str) -> Iterator[Failure]:
    """Yield that the primary would not be let in, once a switch has turned both round."""
    try:
        host = conninfo.value_of(upstream, "host")
        user = conninfo.value_of(upstream, "user")
    except conninfo.Unreadable:
        return
    for finding in hba.missing(rules, user, host, _HERE):
        yield finding.what
