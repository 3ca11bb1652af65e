"""What a backup destination keeps: the good backups, and what else lies beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pgx_mirror.backup import label, places
from pgx_mirror.backup.label import Broken, Label

_STATES = {
    places.NEW: "it was not finished",
    places.OLD: "it was being removed",
}


@dataclass(frozen=True, slots=True)
class Left:
    """An entry of the directory of backups that is no good backup, and why."""

    entry: str
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is there: good backups, the newest last, and the rest."""

    good: tuple[Label, ...] = ()
    left: tuple[Left, ...] = ()

    def of(self, system: str) -> tuple[Label, ...]:
        """Return the good ones of database *system*, the newest last."""
        return tuple(one for one in self.good if one.system == system)


def find(destination: str) -> Kept:
    """Return what *destination* keeps; where it has no backups yet, nothing.

    Nothing is locked: a backup that is removed meanwhile is not there.  Raises OSError
    where the directory cannot be read.
    """
    directory = places.backups(destination)
    try:
        entries = sorted(os.listdir(directory))
    except FileNotFoundError:
        return Kept()
    good: list[Label] = []
    left: list[Left] = []
    for entry in entries:
        match _look(directory, entry):
            case Label() as found:
                good.append(found)
            case Left() as odd:
                left.append(odd)
            case None:
                pass
    return Kept(in_order(good), tuple(left))


def in_order(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return *labels* with the newest last: by the write-ahead log, whatever clocks said.

    Each promotion and each recovery begins a timeline that is higher.  Of several
    databases the log says nothing: there the clock does.
    """
    each = sorted(labels, key=lambda one: (one.timeline, one.start, one.name))
    newest: dict[str, str] = {}
    for one in each:
        newest[one.system] = max(newest.get(one.system, ""), one.started)
    return tuple(sorted(each, key=lambda one: (newest[one.system], one.system)))


def _look(directory: str, entry: str) -> Label | Left | None:
    """Return what *entry* is; None where it is gone."""
    if places.meant(entry):
        return Left(entry, _STATES[entry[-len(places.NEW) :]])
    if not places.server_of(entry):
        return Left(entry, "it has not the name of a backup")
    try:
        return label.read(f"{directory}/{entry}")
    except FileNotFoundError:
        return None
    except Broken as ex:
        return Left(entry, str(ex))
    except OSError as ex:
        return Left(entry, f"it cannot be read: {ex.strerror}")
