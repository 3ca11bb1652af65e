"""Old and new data exchanged: back to the old, or on to the new, from wherever it was left."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace

from pgx_mirror.data import bar, steps
from pgx_mirror.restore import areas, note, recovering
from pgx_mirror.restore.calls import Calls
from pgx_mirror.restore.note import PLACED, PLACING, REPLACING, Note


def undo(data: str, begun: Note, dir_fd: int, calls: Calls) -> None:
    """Have the old data be what it was, and nothing of the new one.  Raises Failure, OSError."""
    new = areas.new(data)
    recovering.end(new, calls)
    for space in made_by_recovery(new, begun):
        areas.remove(areas.part(space, begun))
    areas.put_back(begun)
    areas.drop_new(data, begun)
    if begun.major:
        bar.lift(dir_fd, begun.major)
    else:
        areas.remove(
            f"{data}/{areas.LOG}"
        )  # it was empty: a setup would find it occupied
    note.remove(dir_fd)


def made_by_recovery(new: str, begun: Note) -> list[str]:
    """Return the tablespaces that only the log has told of."""
    known = {*begun.replaced, *begun.fresh}
    links = []
    with suppress(OSError):
        links = [f"{new}/pg_tblspc/{name}" for name in os.listdir(f"{new}/pg_tblspc")]
    targets = [os.readlink(link) for link in links if os.path.islink(link)]
    return [target for target in targets if target not in known]


def go_on(data: str, begun: Note, dir_fd: int) -> None:
    """Put the new data, which is whole, in the place of the old one.  Raises OSError.

    From the stage on that *begun* says, which is made durable first.
    """
    stage = begun.stage
    if stage == REPLACING:
        note.write(dir_fd, begun)
        areas.go_aside(data, begun)
        stage = PLACING
        note.write(dir_fd, replace(begun, stage=stage))
    if stage == PLACING:
        areas.take_place(data, begun)
        stage = PLACED
        note.write(dir_fd, replace(begun, stage=stage))
    areas.drop_old(data, begun)
    steps.sync(dir_fd, areas.OLD)
    note.remove(dir_fd)
