"""Backups that have a label and nothing else, for tests of what is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pgx_mirror.backup import places
from pgx_mirror.backup.label import Label


def label(
    began: str = "20261129T210308Z", server: str = "server1", **more: Any
) -> Label:
    """Return a label of a backup that *server* began at *began*."""
    at = f"{began[:4]}-{began[4:6]}-{began[6:8]}T{began[9:11]}:{began[11:13]}:{began[13:]}"
    values: dict[str, Any] = {
        "name": places.name_of(began, server),
        "server": server,
        "system": "7123456789012345678",
        "major": 15,
        "timeline": 1,
        "start_lsn": "0/2000028",
        "end_lsn": "0/2000100",
        "started": at,
        "finished": at,
        "bytes": 30_000_000,
        "wal_segment_size": 1 << 24,
        "tablespaces": {"16385": "/space/one"},
    }
    return Label(**values | more)


def put(destination: Path, one: Label, name: str = "") -> Path:
    """Put *one* below *destination*, under its own name or *name*; return its directory."""
    directory = Path(places.backup(str(destination), name or one.name))
    directory.mkdir(parents=True)
    (directory / places.LABEL).write_text(one.to_text())
    return directory
