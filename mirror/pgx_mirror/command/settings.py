"""Which server is meant, and its settings."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

from pgx_base import aside
from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import warn
from pgx_mirror.conf.load import load
from pgx_mirror.conf.place import instance_problems
from pgx_mirror.conf.problem import Problem, Unsound, as_failure
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import holding

_LOOK_WITHIN = 5.0  # seconds: the data directory's disk may hang


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


def check_place(settings: Settings) -> None:
    """Refuse a management directory in the instance's, links and mounts followed.

    A disk that hangs tells nothing, and is for whoever works on it.  Raises Unsound.
    """
    data = settings.server.db_instance
    said = aside.ask(lambda: _place_problems(settings.mcdir, data), _LOOK_WITHIN)
    if problems := json.loads(said) if said else []:
        raise Unsound(Problem(**problem) for problem in problems)


def _place_problems(mcdir: str, data: str) -> str:
    return json.dumps([asdict(one) for one in instance_problems(mcdir, data)])


def _only_one(mcdir: str) -> str | None:
    running = holding.running(mcdir) if os.path.isdir(mcdir) else []
    return running[0] if len(running) == 1 else None


def places(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return identifier and admin host of both servers, in network.conf's order."""
    return tuple((one.identifier, one.admin.host) for one in settings.network.servers)
