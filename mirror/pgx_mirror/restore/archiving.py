"""What only the replaced pg_wal had of the log is put into the archive, before that goes.

The server that recovers archives nothing: it would take the last file, which is not full,
for a whole one.  The next restore from the same backup needs the others all the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import places, walcopy
from pgx_mirror.core import wal_files
from pgx_mirror.restore import areas
from pgx_mirror.restore.source import Source


def archive(
    source: Source,
    data: str,
    destination: str,
    reached: int,
    warned: Callable[[Failure], None],
) -> None:
    """Archive the whole files of the log, up to *reached*, that were in *data* alone.

    What cannot be is told: the database is recovered all the same.
    """
    segment = source.label.wal_segment_size
    whole = [
        name
        for name in source.road.files
        if wal_files.first(name, segment) + segment <= reached
    ]
    for name, path in [
        *((name, source.log.files[name]) for name in whole),
        *source.log.texts.items(),
    ]:
        if os.path.dirname(path) == f"{data}/{areas.WAL}":
            _put(path, f"{places.archive(destination)}/{name}", warned)


def _put(path: str, target: str, warned: Callable[[Failure], None]) -> None:
    try:
        walcopy.archive(path, target)
    except walcopy.NotArchived as ex:
        reason = next((e for e in ex.about if isinstance(e, OSError)), None)
        warned(
            Failure(
                f"could not archive {quoted(path)} as {quoted(target)}",
                detail=f"{reason.strerror}." if reason else None,
                hint="Make a backup by pgx_dmpall soon: an older one lacks this file.",
            )
        )
