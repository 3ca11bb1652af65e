"""What pgx_online makes sure of before it starts, stops or adopts anything.

In this order: the file systems that fstab names are mounted, the data directory holds an
instance of the OS user, the one that was served here before; write-ahead log and every
tablespace are there.  Its programs are asked for before a start alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from pgx_agent.online.looker import Looker
from pgx_base import mounts
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted
from pgx_pclrsc import fstab
from pgx_pclrsc.core.definition import is_under
from pgx_postgres import control, identity, tablespaces
from pgx_postgres.control import Control
from pgx_postgres.identity import Identity, Place
from pgx_postgres.tablespaces import Space


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks have found: whose programs are wanted, and what is to be kept."""

    major: int
    stored: Identity | None
    found: Identity


def check(worker: Looker) -> Checked:
    """Return what is known of the instance.  Raises Failure where anything is wrong."""
    data_directory = worker.definition.data_directory
    table = mounts.mounted()
    points = _points(worker)
    _refuse(_not_mounted(data_directory, data_directory, points, table))
    try:
        control.read_major(data_directory)
    except control.NoInstance as ex:
        raise _without_instance(worker, ex, table) from ex
    _check_owner(worker)
    instance = control.read(data_directory)
    stored = identity.read(worker.dir_fd)
    data = identity.look(identity.DATA, data_directory, table)
    _refuse(_differences(stored, Identity(instance.system_identifier, (data,))))
    spaces = _spaces(data_directory, instance, points, table)
    places = (data, *(identity.look(s.role, s.target, table) for s in spaces))
    found = Identity(instance.system_identifier, places)
    _refuse(_differences(stored, found))
    return Checked(instance.major, stored, found)


def _without_instance(
    worker: Looker, found: control.NoInstance, table: list[mounts.Mount]
) -> Failure:
    """Return why no instance is there: a wrong disk, a wrong owner, or nothing mounted."""
    try:
        data_directory = worker.definition.data_directory
        place = identity.look_about(identity.DATA, data_directory, table)
        before = identity.place_of(identity.read(worker.dir_fd), identity.DATA)
    except (Failure, OSError):
        return found
    if another := identity.another_disk(before, place):
        return another
    if found.closed:
        _check_owner_if_seen(worker)
        hint = "The OS user must be able to read the directory."
    elif _is_unmounted(before, place):
        hint = "Mount the shared disk's file system first."
    else:
        hint = "See that it is the right file system, and the right directory in it."
    return Failure(found.primary, detail=f"{found.detail} {place.where}", hint=hint)


def _is_unmounted(before: Place | None, now: Place) -> bool:
    """Whether nothing is mounted where the data directory's file system should be."""
    if before is None or before.point == identity.ROOT:
        return now.point == identity.ROOT
    return now.point != before.point


def _differences(stored: Identity | None, found: Identity) -> list[Failure]:
    return [] if stored is None else identity.differences(stored, found)


def _refuse(problems: Sequence[Failure]) -> None:
    """Raise the first of *problems*, the others in its detail."""
    if not problems:
        return
    first, *others = problems
    also = (f"Also: {problem.primary}." for problem in others)
    detail = " ".join(filter(None, [first.detail, *also]))
    raise Failure(first.primary, detail=detail or None, hint=first.hint)


def _points(worker: Looker) -> list[str]:
    """Return the mount points that fstab and fstab.pcl name; unreadable is no refusal."""
    try:
        return [entry.mount_point for entry in fstab.read()]
    except Failure as ex:
        worker.warn(
            ex.primary, detail="Whether file systems are mounted is not checked."
        )
        return []


def _not_mounted(
    name: str, path: str, points: list[str], table: list[mounts.Mount]
) -> list[Failure]:
    """Return the mount points at or above *path* with nothing mounted on them."""
    there = {mount.point for mount in table}
    real = os.path.realpath(path)
    missing = [
        point
        for point in dict.fromkeys(points)
        if (is_under(path, point) or is_under(real, os.path.realpath(point)))
        and os.path.realpath(point) not in there
    ]
    return [
        Failure(
            f"file system {quoted(point)} of {quoted(name)} is not mounted",
            detail="/etc/fstab or /etc/fstab.pcl has this mount point.",
            hint="Mount it; RMS does so before it starts the instance, if the "
            "file system belongs to the same userApplication.",
        )
        for point in missing
    ]


def _check_owner_if_seen(worker: Looker) -> None:
    try:
        _check_owner(worker)
    except OSError:
        pass  # a directory above is closed too


def _check_owner(worker: Looker) -> None:
    definition = worker.definition
    owner = os.stat(definition.data_directory).st_uid
    if owner != definition.uid:
        raise Failure(
            f"data directory {quoted(definition.data_directory)} has wrong ownership",
            detail=f"It belongs to uid {owner}; OS user {quoted(definition.os_user)} "
            f"has uid {definition.uid}.",
            hint="The OS user must have the same uid on every node.",
        )


def _spaces(
    data_directory: str,
    instance: Control,
    points: list[str],
    table: list[mounts.Mount],
) -> list[Space]:
    try:
        spaces = tablespaces.find(data_directory)
    except OSError as ex:
        raise Failure(
            f"could not read the tablespaces of {quoted(data_directory)}: {ex.strerror}"
        ) from ex
    for space in spaces:
        _refuse(_not_mounted(space.name, space.target, points, table))
    _refuse(tablespaces.problems(spaces, instance.tablespace_directory))
    return spaces
