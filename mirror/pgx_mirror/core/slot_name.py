"""The replication slot of a standby on its primary, by the standby's server identifier."""

from __future__ import annotations

import re
from zlib import crc32

_LONGEST = 63  # bytes
_PREFIX = "pgx_mirror_"


def of(server: str) -> str:
    """Return the name of the slot that keeps the write-ahead log for standby *server*."""
    name = _PREFIX + re.sub(r"[^a-z0-9_]", "_", server.lower())
    if name == _PREFIX + server and len(name) <= _LONGEST:
        return name
    # Two servers whose identifiers differ must not share one.
    return f"{name[: _LONGEST - 9]}_{crc32(server.encode()):08x}"
