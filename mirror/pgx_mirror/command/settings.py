"""Which server is meant, and its settings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from pgx_base import aside
from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import warn
from pgx_mirror.commands import sound
from pgx_mirror.conf.commands import programs
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
    _check(settings, with_programs=False)


def check_surroundings(settings: Settings) -> None:
    """Refuse that, and each program that would not be called, all at once.

    Later it is not called, and that is said: a controller that runs goes on.  Raises Unsound.
    """
    _check(settings, with_programs=True)


def _check(settings: Settings, *, with_programs: bool) -> None:
    found = _looked(
        partial(instance_problems, settings.mcdir, settings.server.db_instance)
    )
    if with_programs and (named := programs(settings.server)):
        path = os.path.join(settings.mcdir, f"{settings.identifier}.conf")
        found += _looked(partial(sound.problems, named, path))
    if found:
        raise Unsound(found)


def _looked(look: Callable[[], list[Problem]]) -> list[Problem]:
    """Return what *look* finds in a child, since a disk may hang."""
    said = aside.ask(
        lambda: json.dumps([asdict(problem) for problem in look()]), _LOOK_WITHIN
    )
    return [Problem(**problem) for problem in json.loads(said)] if said else []


def _only_one(mcdir: str) -> str | None:
    running = holding.running(mcdir) if os.path.isdir(mcdir) else []
    return running[0] if len(running) == 1 else None


def places(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return identifier and admin host of both servers, in network.conf's order."""
    return tuple((one.identifier, one.admin.host) for one in settings.network.servers)
