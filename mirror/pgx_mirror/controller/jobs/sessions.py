"""Hands that ask the server: a promotion, and the name that a standby bears."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pgx_base.idents import Ident
from pgx_mirror.controller.jobs import instance
from pgx_mirror.controller.jobs.instance import StoppedAt
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.data import promote_file
from pgx_mirror.database import alter, checkpoint, promote
from pgx_mirror.database.access import APPLICATION, Access
from pgx_mirror.database.trouble import Trouble
from pgx_mirror.hands.line import Line
from pgx_postgres import pidfile
from pgx_postgres.probe import addresses
from pgx_postgres.probe.login import Login
from pgx_postgres.running.core.ladder import Mode

_WITHIN = 5.0  # seconds
# Seconds: what else would stop the server at once (it is deposed, or poisoned) waits as long.
_CHECKPOINT_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Stopping:
    """The server is up no more from now on."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """How pg_promote has ended: *why* it did not promote; *ended*: the server is gone."""

    why: str
    ended: bool


def access(site: Site, postmaster: Ident | None = None) -> Access:
    """Return how the server of *site* is asked.

    *postmaster* is the one that runs, found by its processes where it is not given.
    """
    running = postmaster or instance.found(site).postmaster
    if running is None:
        return Access((), login(site), site.database)
    file = pidfile.read(site.data_directory)
    found = addresses.of_server(running[0], file, site.data_directory)
    return Access(tuple(found), login(site), site.database)


def login(site: Site) -> Login:
    """Return who asks: the configured user, with the password where one is."""
    password = site.password.encode()
    return Login(site.user, site.home, application=APPLICATION, password=password)


def promoted(
    line: Line, site: Site, postmaster: Ident | None, seconds: float
) -> Promotion:
    """Promote the server, and return how that has ended."""
    try:
        nudge = _asking(site, postmaster)
        promote.promote(access(site, postmaster), seconds, nudge, line.say)
    except Trouble as ex:
        return Promotion(str(ex), ended=instance.found(site).postmaster is None)
    promote_file.forget(site.dir_fd)
    return Promotion("", ended=False)


def _asking(site: Site, postmaster: Ident | None) -> Callable[[], object] | None:
    """Ask for a promotion before there is a session; return what asks again."""
    if postmaster is None:
        return None

    def ask() -> bool:
        try:
            return promote_file.ask(site.dir_fd, postmaster)
        except OSError:
            return False

    return ask if ask() else None


def stop(
    line: Line, site: Site, mode: Mode, postmaster: Ident | None, seconds: float
) -> StoppedAt:
    """Stop the instance as `instance.stop` does, after a checkpoint; says Stopping in between.

    Commits go on while it is made: the one that the server makes at its end, while nobody
    can commit, has little left to write then.  Without it is no error.
    """
    began = time.monotonic()
    try:
        within = min(_CHECKPOINT_WITHIN, seconds / 2)
        checkpoint.checkpoint(access(site, postmaster), within)
    except (Trouble, OSError, pidfile.Garbled) as ex:
        line.say(f"no checkpoint before the stop: {ex}")
    line.say(Stopping())
    left = seconds - (time.monotonic() - began)
    return instance.stop(line, site, mode, postmaster, left)


def bear(site: Site, postmaster: Ident, name: str) -> None:
    """Have a running standby bear *name* towards its primary.  Raises Trouble."""
    alter.bear(access(site, postmaster), name, _WITHIN)


def reset_names(site: Site, postmaster: Ident) -> None:
    """Take back an ALTER SYSTEM of the names.  Raises Trouble."""
    alter.reset_names(access(site, postmaster), _WITHIN)
