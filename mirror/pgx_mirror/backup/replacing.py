"""What a new backup makes superfluous: older backups, and WAL that none needs any more."""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import kept, places, removing
from pgx_mirror.backup.core import retention
from pgx_mirror.backup.kept import Kept
from pgx_mirror.backup.label import Label
from pgx_mirror.backup.task import Task, Teller


def replace(task: Task, newest: Label, teller: Teller) -> None:
    """Remove what *newest*, which is whole and on disk, makes superfluous.

    Backups of the same database count, whichever server of the pair they were made on.
    Raises Failure, by which *newest* is none the worse.
    """
    found = _found(task)
    going = retention.replaced(found.of(newest.system), newest.name, task.generations)
    for one in going:
        teller.say(f"removing backup {quoted(one.name)}")
        removing.backup(task.destination, one.name)
    _remove_wal(task, _found(task), teller)


def _found(task: Task) -> Kept:
    try:
        return kept.find(task.destination)
    except OSError as ex:
        raise Failure(
            f"could not look into {quoted(places.backups(task.destination))}: "
            f"{ex.strerror}"
        ) from ex


def _remove_wal(task: Task, found: Kept, teller: Teller) -> None:
    """Remove what no backup needs; where there is one that cannot be read, nothing."""
    odd = [one for one in found.left if places.server_of(one.entry)]
    if odd:
        teller.warn(
            Failure(
                "no archived file was removed: a backup cannot be read",
                detail="; ".join(f"{quoted(one.entry)}: {one.why}" for one in odd),
                hint="Mend it, or remove it.",
            )
        )
        return
    needed = retention.earliest(found.good)
    for directory in places.archives(task.destination) if needed else ():
        assert needed is not None
        names = retention.unneeded(_names(directory), *needed)
        if names:
            teller.say(f"removing {len(names)} archived files that no backup needs")
        removing.archived(directory, names)


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as ex:
        raise Failure(f"could not look into {quoted(directory)}: {ex.strerror}") from ex
