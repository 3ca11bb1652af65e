"""Which lines of fstab are about a path.  Pure."""

from __future__ import annotations

from pgx_pclrsc.core.definition import is_under
from pgx_pclrsc.preflight.core.disk_facts import Entry


def covering(entries: tuple[Entry, ...], path: str) -> list[Entry]:
    """Return the entries with the deepest mount point at or above *path*."""
    above = [entry for entry in entries if is_under(path, entry.point)]
    deepest = max((_depth(entry.point) for entry in above), default=0)
    return [entry for entry in above if _depth(entry.point) == deepest]


def _depth(path: str) -> int:
    return len([part for part in path.split("/") if part not in ("", ".")])
