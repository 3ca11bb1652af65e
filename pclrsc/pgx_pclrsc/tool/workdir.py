"""The work directory: where it may be, making it, and the files that are there from the start.

Everything in it is done by a child that has become the OS user (`as_user`).  Root makes
the directory itself only where that user may not and nobody but root could have put
anything in the way.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import Any

from pgx_base import as_user
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.users import OsUser
from pgx_pclrsc import fstab
from pgx_pclrsc.core.definition import (
    ResourceDefinition,
    inside_data_directory,
    is_under,
)
from pgx_pclrsc.tool import rootdir, workfiles

_HINT = (
    "Choose a directory on a local file system that is mounted when the node starts."
)


@dataclass
class Prepared:
    """What `prepare` has done, so that `undo` can take it back."""

    made_by_user: bool = False
    made_by_root: bool = False
    created: list[str] = field(default_factory=list)


def look(
    user: OsUser, work: str, data: str | None
) -> tuple[list[Failure], list[Failure]]:
    """Return what forbids *work* as work directory, and what is worth a warning.

    Nothing is written.  *data* is the data directory, None where it is not known.
    """
    entries = fstab.read()
    found = as_user.run(user, lambda: _look(user, entries, work, data))
    problems, warnings = (
        [Failure(a, detail=b, hint=c) for a, b, c in part] for part in found[:2]
    )
    if found[2]:
        problems += _root_refuses(work)
    return problems, warnings


def _root_refuses(work: str) -> list[Failure]:
    try:
        rootdir.check(work, "Permission denied")
    except Failure as ex:
        return [ex]
    return []


def _look(user: OsUser, entries: list[fstab.Entry], work: str, data: str | None) -> Any:
    """Look as the OS user: nothing that root may reach but the monitor may not is of use.

    The third of what is returned tells whether the OS user may not make the directory.
    """
    problems = _place(entries, work, data)
    try:
        there = _nearest(work, user.uid)
    except Failure as ex:
        return _plain([*problems, ex]), [], False
    parent = os.path.dirname(work)
    closed = not os.path.lexists(work) and not os.access(parent, os.W_OK | os.X_OK)
    return _plain(problems), _plain(_same_device(there, work, data)), closed


def _plain(failures: list[Failure]) -> list[tuple[str, str | None, str | None]]:
    return [(failure.primary, failure.detail, failure.hint) for failure in failures]


def _place(entries: list[fstab.Entry], work: str, data: str | None) -> list[Failure]:
    real = os.path.realpath(work)
    entry = fstab.switched(entries, work) or fstab.switched(entries, real)
    problems = [_switched(work, entry)] if entry else []
    # What the names alone tell was seen by definition.problems().
    if data and not is_under(work, data) and _is_inside(real, data):
        problems.append(inside_data_directory(work, data))
    return problems


def _switched(work: str, entry: fstab.Entry) -> Failure:
    return Failure(
        f"work directory {quoted(work)} is not on a local file system",
        detail=f"{entry.file} has mount point {quoted(entry.mount_point)} as one that is "
        "not mounted when the node starts.",
        hint=_HINT,
    )


def _is_inside(real: str, data: str) -> bool:
    """Whether a directory at or above *real* is *data*, under whatever name."""
    if is_under(real, os.path.realpath(data)):
        return True
    wanted = _key(data)
    while wanted and real != "/":
        if _key(real) == wanted:
            return True
        real = os.path.dirname(real)
    return False


def _key(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _nearest(work: str, uid: int) -> os.stat_result:
    """Return the status of *work*, or of its parent where it is missing.  Raises Failure."""
    try:
        found = os.lstat(work)
    except (FileNotFoundError, NotADirectoryError):
        return _parent(work)
    except OSError as ex:
        raise Failure(
            f"could not access work directory {quoted(work)}: {ex.strerror}",
            detail="The OS user must be able to reach it.",
        ) from ex
    workfiles.check_directory(work, found, uid)
    return found


def _parent(work: str) -> os.stat_result:
    parent = os.path.dirname(work)
    try:
        found = os.stat(parent)
    except OSError as ex:
        raise Failure(
            f"parent directory {quoted(parent)} of the work directory is not there: "
            f"{ex.strerror}",
            hint="Only the last component of the path is created; create the others first.",
        ) from ex
    if not stat.S_ISDIR(found.st_mode):
        raise Failure(
            f"parent {quoted(parent)} of the work directory is not a directory"
        )
    return found


def _same_device(there: os.stat_result, work: str, data: str | None) -> list[Failure]:
    key = _key(data) if data else None
    if key is None or key[0] != there.st_dev:
        return []
    return [
        Failure(
            f"work directory {quoted(work)} is on the file system of the data directory",
            detail="In a cluster the data directory is on the shared disk, and the work "
            "directory must not be.",
        )
    ]


def prepare(definition: ResourceDefinition, *, keep: bool) -> Prepared:
    """Make the work directory and its files, whole or not at all.

    A record that is there is kept, or else blanked.  Raises Failure.
    """
    done = Prepared()
    work = definition.work_directory
    try:
        refusal = as_user.run(definition, lambda: workfiles.make_directory(work))
        done.made_by_user = refusal == ""
        if refusal:
            rootdir.make(work, definition, refusal)
            done.made_by_root = True
        done.created = as_user.run(
            definition, lambda: workfiles.fill(work, definition.uid, keep=keep)
        )
    except Failure:
        undo(definition, done)
        raise
    return done


def undo(definition: ResourceDefinition, done: Prepared) -> None:
    """Take back what `prepare` has done, as far as that can be; never fails."""
    work = definition.work_directory
    try:
        as_user.run(
            definition, lambda: workfiles.empty(work, done.created, done.made_by_user)
        )
        if done.made_by_root:
            rootdir.remove(work)
    except Failure:
        pass  # what stays is a work directory that the next -a takes as it is


def settle(definition: ResourceDefinition) -> None:
    """Forget what `prepare` kept for `undo`, the resource being registered; never fails."""
    try:
        as_user.run(definition, lambda: workfiles.settle(definition.work_directory))
    except Failure:
        pass  # a file that nobody reads
