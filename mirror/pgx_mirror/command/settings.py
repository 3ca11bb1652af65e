"""Which server is meant, and its settings."""

from __future__ import annotations

import os

from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import warn
from pgx_mirror.conf.load import load
from pgx_mirror.conf.problem import as_failure
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import holding


def mcdir_of(asked: Request) -> str:
    """Return the management directory as an absolute path."""
    return os.path.abspath(asked.mcdir)


def loaded(asked: Request, *, warnings: bool = False) -> Settings:
    """Return the settings of the server that is meant.  Raises Failure, Unsound.

    Where only one server's controller runs from here, it is that server's: no host name
    needs to be looked up, which may take long when the network is in trouble.
    """
    mcdir = mcdir_of(asked)
    settings = load(mcdir, asked.local_server or _only_one(mcdir))
    if warnings:
        for problem in settings.warnings:
            warn(as_failure(problem))
    return settings


def _only_one(mcdir: str) -> str | None:
    running = holding.running(mcdir) if os.path.isdir(mcdir) else []
    return running[0] if len(running) == 1 else None


def places(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return identifier and admin host of both servers, in network.conf's order."""
    return tuple((one.identifier, one.admin.host) for one in settings.network.servers)
