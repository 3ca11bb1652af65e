"""What a backup's manifest says of the write-ahead log that it needs itself."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import wal

NAME = "backup_manifest"


@dataclass(frozen=True, slots=True)
class Needed:
    """From where to where, and on which timeline."""

    timeline: int
    start: str
    end: str


def needed(base: str) -> Needed:
    """Return what the backup in *base* needs.  Raises Failure."""
    path = f"{base}/{NAME}"
    try:
        with open(path, "rb") as file:
            ranges = json.load(file)["WAL-Ranges"]
        first, last = ranges[0], ranges[-1]
        found = Needed(first["Timeline"], first["Start-LSN"], last["End-LSN"])
        wal.number(found.start), wal.number(found.end)
    except OSError as ex:
        raise Failure(f"could not read file {quoted(path)}: {ex.strerror}") from ex
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as ex:
        raise Failure(f"file {quoted(path)} cannot be understood") from ex
    return found
