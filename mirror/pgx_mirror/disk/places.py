"""Which disks an instance lies on: one place for each file system, told by device number."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pgx_mirror.core.disk import Place
from pgx_postgres import tablespaces

DATA = "the data directory"


def find(data_directory: str) -> Iterator[Place]:
    """Yield a place on each file system, the data directory's first.

    It hangs where one of them does, so that those behind it are not told.  Raises OSError.
    """
    wal = os.stat(f"{data_directory}/pg_wal").st_dev
    known = {os.stat(data_directory).st_dev}
    yield Place(DATA, data_directory, wal in known)
    for space in tablespaces.find(data_directory):
        try:
            device = os.stat(space.target).st_dev
        except OSError:
            continue  # one that is just being dropped
        if device not in known:
            known.add(device)
            yield Place(space.name, space.target, device == wal)
