"""What a node without the disk takes from the one that has it: what is on that disk.  Pure."""

from __future__ import annotations

from dataclasses import replace

from pgx_pclrsc.core.definition import is_under
from pgx_pclrsc.preflight.core.disk_facts import Data, FileSystems
from pgx_pclrsc.preflight.core.facts import Configuration, Facts
from pgx_pclrsc.preflight.core.mount_points import covering
from pgx_pclrsc.preflight.core.unknown import Unknown


def unmounted(disks: FileSystems | Unknown, path: str) -> str:
    """Return the mount point at or above *path* that RMS is to mount and has not, "" for none."""
    if isinstance(disks, Unknown):
        return ""
    there = {one.point for one in disks.mounts}
    switched = tuple(entry for entry in disks.entries if entry.switched)
    points = [entry.point for entry in covering(switched, path)]
    return next((point for point in points if point not in there), "")


def is_away(found: Facts, path: str) -> bool:
    """Whether *path* lies on a disk that this node has not mounted."""
    inside = is_under(path, found.registered.data_directory)
    return inside or bool(unmounted(found.file_systems, path))


def major(found: Facts) -> int:
    """Return the instance's major version, 0 where nobody knows it."""
    return 0 if isinstance(found.data, Unknown) else found.data.major


def borrowed(found: Facts, peer: Facts) -> Facts:
    """Return *found* with the configuration of *peer* where this node cannot see it."""
    theirs = peer.configuration
    away = isinstance(found.configuration, Unknown) and found.configuration.expected
    if not away or isinstance(theirs, Unknown):
        return found
    return replace(found, configuration=Configuration(theirs.settings, borrowed=True))


def version_of(found: Facts, peer: Facts | None) -> int:
    """Return the major version by what this node sees, else by what the other one has."""
    if isinstance(found.data, Data) and found.data.major:
        return found.data.major
    return major(peer) if peer is not None else 0
