"""mc_ctl list-leftovers: what is to be taken out where a pair becomes a single server.  Ours.

Manual 7.7.3.  Nothing is changed, and nobody is asked: it is read from files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command import leftovers
from pgx_mirror.command.leftovers import Leftover
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded
from pgx_mirror.command.telling import warn
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import holding
from pgx_mirror.data import signal_file, steps
from pgx_postgres import included
from pgx_postgres.included import CONF

_HBA, _SLOTS = "pg_hba.conf", "pg_replslot"
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/etc/init.d")
_LARGEST = 1 << 16  # bytes of a unit


def show(asked: Request) -> int:
    """Print what is left, a line each, and return the exit code.  Raises Failure, Unsound."""
    settings = loaded(asked)
    data = os.path.abspath(settings.server.db_instance)
    try:
        dir_fd = steps.open_directory(data)
        try:
            _warn(settings, standby=signal_file.is_there(dir_fd))
            found = list(_found(dir_fd))
        finally:
            os.close(dir_fd)
    except OSError as ex:
        raise Failure(
            f"could not look into data directory {quoted(data)}: {ex.strerror}"
        ) from ex
    for one in (*found, *_units(settings.mcdir)):
        report.to_stdout(str(one))
    report.to_stdout(str(Leftover(f"management directory {settings.mcdir}", "")))
    return 0


def _warn(settings: Settings, *, standby: bool) -> None:
    server = quoted(settings.identifier)
    running = settings.identifier in holding.running(settings.mcdir)
    if running:
        warn(
            Failure(
                f"controller of server {server} is running",
                detail="It writes into these files itself.",
                hint="Stop it first: mc_ctl stop.",
            )
        )
    if standby:
        warn(
            Failure(
                f"server {server} is a standby",
                detail="It is the primary that goes on alone; this one's data directory and "
                "management directory are deleted (manual 7.7.3, step 2).",
                hint="Run this on the primary; mc_ctl switch first, if this is the server "
                "that is to stay.",
            )
        )


def _found(dir_fd: int) -> Iterator[Leftover]:
    yield from leftovers.of_settings(included.settings(dir_fd))
    yield from leftovers.of_comments(CONF, _content(dir_fd, CONF))
    hba = _content(dir_fd, _HBA).decode("utf-8", "replace")
    yield from leftovers.of_hba(_HBA, hba)
    yield from leftovers.of_directory(os.listdir(dir_fd))
    yield from leftovers.of_slots(_names(dir_fd, _SLOTS))


def _content(dir_fd: int, name: str) -> bytes:
    """Return what is in the file *name*, nothing where it is not there."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=dir_fd)
    except FileNotFoundError:
        return b""
    with open(fd, "rb") as file:
        return file.read()


def _names(dir_fd: int, name: str) -> list[str]:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)
    except FileNotFoundError:
        return []
    try:
        return os.listdir(fd)
    finally:
        os.close(fd)


def _units(mcdir: str) -> Iterator[Leftover]:
    """Yield what starts this server with the operating system, by the directory it names."""
    for place in map(Path, _UNITS):
        for path in sorted(place.glob("*")):
            if path.is_file() and _starts(path, mcdir):
                yield Leftover(str(path), "", "disable it, and remove it")


def _starts(path: Path, mcdir: str) -> bool:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError:
        return False  # root's alone
    return b"mc_std" in text and os.fsencode(mcdir) in text
