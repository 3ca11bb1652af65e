"""The archive, as its bytes."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping


def archived(directory: str, parts: Mapping[str, bytes]) -> bytes:
    """Return *parts* as files of *directory*, readable by their owner alone, packed."""
    now, packed = int(time.time()), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as archive:
        for name, data in parts.items():
            member = tarfile.TarInfo(f"{directory}/{name}")
            member.size, member.mode, member.mtime = len(data), 0o600, now
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()
