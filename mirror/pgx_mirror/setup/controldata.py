"""What pg_controldata says of a data directory."""

from __future__ import annotations

import re

from pgx_mirror.setup import programs

CHECKPOINT = "Latest checkpoint location"
TIMELINE = "Latest checkpoint's TimeLineID"
REACHED = "Minimum recovery ending location"
STATE = "Database cluster state"
SEGMENT = "Bytes per WAL segment"
PAGE = "WAL block size"
CHECKSUMS = "Data page checksum version"
HINTS = "wal_log_hints setting"
# What STATE is of a server that was in recovery when it was seen last.
IN_RECOVERY = ("shut down in recovery", "in archive recovery")

_LINE = re.compile(r"(?m)^([^:\n]+):[ \t]+(.*)$")


def read(data: str, binaries: str) -> dict[str, str]:
    """Return its lines by their names, none where it cannot read the file.

    *binaries* is the directory of the programs of the directory's version.
    """
    said = programs.run([f"{binaries}/pg_controldata", "-D", data])
    return dict(_LINE.findall(said.stdout)) if said.returncode == 0 else {}
