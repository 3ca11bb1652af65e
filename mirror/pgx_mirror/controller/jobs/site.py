"""Where an instance is and how it is asked: what hands are told of the settings."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

from pgx_base import aside
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.conf.settings import Settings
from pgx_mirror.core import slot_name
from pgx_mirror.hands.line import Several
from pgx_postgres import binaries, control, tablespaces

_ASKED_WITHIN = 10.0  # seconds
_LOOKED_WITHIN = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Site:
    """One instance: plain values, so that a hand can be told of it.

    dir_fd     the data directory, open since the start: where its file system is unmounted,
               nothing is written into the empty mount point
    uid, home  the instance administrator, who runs the controller and the server
    log        the file that takes the server's output
    slot       the replication slot of the other server, empty where none is seen to
    backups    backup_destination, empty where there is none
    """

    me: str
    data_directory: str
    dir_fd: int
    bin_dir: str
    log: str
    uid: int
    home: str
    user: str
    password: str = field(repr=False)  # what is traced shows values as they are
    database: str
    slot: str = ""
    backups: str = ""


def of(settings: Settings, dir_fd: int, home: str, user: str) -> Site:
    """Return the site of *settings*; *user*: the OS user, and so the database's."""
    server = settings.server
    return Site(
        me=settings.identifier,
        data_directory=server.db_instance,
        dir_fd=dir_fd,
        bin_dir=server.bin_dir,
        log=f"{settings.mcdir}/{settings.identifier}.server.log",
        uid=os.geteuid(),
        home=home,
        user=server.db_instance_username or user,
        password=server.db_instance_password,
        database=server.target_db,
        slot=slot_name.of(settings.peer.identifier),
        backups=server.backup_destination,
    )


def held(site: Site) -> str:
    """Return a path of the data directory that was opened, whatever lies at its own path."""
    return f"/proc/self/fd/{site.dir_fd}"


def check_path(site: Site) -> None:
    """Raise Failure where the data directory's path leads to another one than was opened.

    Mark and postgresql.conf are written into what was opened, while a server is started by
    its path: under the mark and the conf of another it could accept commits alone.
    """
    opened = os.fstat(site.dir_fd)
    try:
        found = os.stat(site.data_directory)
    except OSError as ex:
        raise Failure(
            f"could not look at data directory {quoted(site.data_directory)}: {ex.strerror}"
        ) from ex
    if (found.st_dev, found.st_ino) != (opened.st_dev, opened.st_ino):
        raise Failure(
            f"another directory is at the path of data directory {quoted(site.data_directory)}",
            detail="The controller has opened the one that was there when it began, and "
            "writes into that.",
            hint="Put it back, or mount its file system; or stop the controller with "
            "mc_ctl stop --mc-only, and start it again.",
        )


def check_spaces(site: Site, seconds: float) -> None:
    """Raise Failure where pg_wal or a tablespace is not there, its file system not mounted.

    PostgreSQL starts all the same, and at the next clean stop what was committed there since
    the last checkpoint is gone for good.  A disk that hangs is left to a child.
    """
    within = min(seconds, _LOOKED_WITHIN)
    if aside.ask(lambda: str(_missing(site)), within) is None:
        raise Failure(
            f"could not look at the tablespaces of {quoted(site.data_directory)}: "
            f"a disk does not answer within {within:.0f} s"
        )
    if found := _missing(site):
        raise Several(found)


def _missing(site: Site) -> list[Failure]:
    directory = site.data_directory
    known = control.read(directory)
    try:
        spaces = tablespaces.find(directory)
    except OSError as ex:
        raise Failure(
            f"could not read the tablespaces of {quoted(directory)}: {ex.strerror}"
        ) from ex
    return tablespaces.problems(spaces, known.tablespace_directory)


def programs(site: Site) -> str:
    """Return the directory of the programs of the instance's version.  Raises Failure."""
    major = control.read_major(site.data_directory)
    return binaries.find(site.bin_dir, major, _ask)


def _ask(program: str) -> str:
    done = subprocess.run(
        [program, "--version"],
        capture_output=True,
        text=True,
        timeout=_ASKED_WITHIN,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout
