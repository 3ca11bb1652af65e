"""mc_ctl last-primary: which server was the primary last, where all have stopped.  Ours.

Manual 8.4, steps 2 and 4.  It asks nobody and changes nothing: it reads this server's
files, and what the same command has printed on the other one.
"""

from __future__ import annotations

import os
import sys

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup.label import Label
from pgx_mirror.command.finding import mark_of
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded
from pgx_mirror.command.telling import warn
from pgx_mirror.conf.settings import Settings
from pgx_mirror.core import last_primary, wal
from pgx_mirror.core.last_primary import Evidence, Odd
from pgx_mirror.data import unrestored
from pgx_mirror.restore import listing, source
from pgx_mirror.restore.core.listing import Newest
from pgx_mirror.setup import local, programs, wal_end
from pgx_mirror.setup.choosing import End
from pgx_postgres import control

_LARGEST = 1 << 16  # bytes of the other server's
_STDIN = "-"


def show(asked: Request) -> int:
    """Print this server's evidence, or what it says beside the other's; return the exit code.

    Raises Failure, Unsound.
    """
    settings = loaded(asked)
    other = _other(asked.values["--other"]) if "--other" in asked.values else None
    mine = _mine(settings)
    if other is None:
        report.to_stdout(last_primary.text(mine))
        return 0
    _check(mine, other, settings)
    report.to_stdout("\n".join(last_primary.compared(mine, other)))
    return 0


def _other(path: str) -> Evidence:
    try:
        if path == _STDIN:
            given = sys.stdin.read(_LARGEST)
        else:
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
            with open(os.open(path, flags), encoding="utf-8", errors="replace") as file:
                given = file.read(_LARGEST)
    except OSError as ex:
        raise Failure(f"could not read file {quoted(path)}: {ex.strerror}") from ex
    try:
        return last_primary.read(given)
    except Odd as ex:
        raise Failure(
            f"file {quoted(path)} is not what mc_ctl last-primary prints: {ex}",
            hint="Run mc_ctl last-primary on the other server, and copy what it prints.",
        ) from ex


def _check(mine: Evidence, other: Evidence, settings: Settings) -> None:
    if other.server != settings.peer.identifier:
        raise Failure(
            f"the evidence is of server {quoted(other.server)}, and the other server is "
            f"{quoted(settings.peer.identifier)}",
            hint="Run mc_ctl last-primary on the other server, and copy what it prints.",
        )
    if mine.system and other.system and mine.system != other.system:
        raise Failure(
            "the servers are of two databases",
            detail=f"Their system identifiers are {mine.system} and {other.system}.",
        )


def _mine(settings: Settings) -> Evidence:
    data = os.path.abspath(settings.server.db_instance)
    mark = mark_of(data, settings.identifier)
    system, end, why = _log(data, settings.server.bin_dir)
    system = system or (mark.system if mark else "")
    backup, archived = _kept(settings.server.backup_destination, system)
    return Evidence(
        settings.identifier,
        mark.state if mark else "",
        mark.epoch if mark else 0,
        system,
        end.timeline if end else 0,
        wal.text(end.position) if end else "",
        why,
        backup.name if backup else "",
        backup.timeline if backup else 0,
        backup.start_lsn if backup else "",
        backup.started if backup else "",
        archived.file if archived else "",
        archived.modified if archived else "",
    )


def _log(data: str, bin_dir: str) -> tuple[str, End | None, str]:
    """Return system identifier, where the log ends, and why that cannot be told."""
    if unrestored.is_there(data):
        return "", None, "a restore of it was not finished"
    try:
        if local.is_empty(data):
            return "", None, "the data directory is empty"
        known = control.read(data)
        end = wal_end.find(data, programs.directory_of(known.major, bin_dir))
    except Failure as ex:
        warn(ex)
        return "", None, ex.primary
    if isinstance(end, str):
        warn(Failure(f"cannot tell where the write-ahead log ends: {end}"))
        return str(known.system_identifier), None, end
    return str(known.system_identifier), end, ""


def _kept(destination: str, system: str) -> tuple[Label | None, Newest | None]:
    """Return the newest backup of database *system*, and the newest archived log."""
    if not destination:
        return None, None
    try:
        found = source.look(destination)
    except Failure as ex:
        warn(ex)
        return None, None
    good = found.of(system) if system else found.good
    last = good[-1] if good else None
    return last, listing.newest_archived(destination, last)[0]
