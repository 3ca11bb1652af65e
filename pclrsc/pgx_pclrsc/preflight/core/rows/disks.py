"""Disks: whose the data directory is, where everything lies, fstab, two mounts at once."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_pclrsc.preflight.core.disk_facts import (
    Data,
    Device,
    Entry,
    FileSystems,
    Lies,
    Place,
    Places,
    Work,
)
from pgx_pclrsc.preflight.core.facts import Registered
from pgx_pclrsc.preflight.core.mount_points import covering
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.core.verdict import Row, Verdict, error, fine, warning

_LOCAL = frozenset({"tmpfs", "ramfs", "overlay", "squashfs", "devtmpfs"})
_ELSEWHERE = frozenset({"nfs", "nfs4", "cifs", "smb3", "gfs2", "ocfs2", "lustre"})
_MOVE = "Put it on a file system of the shared disk (fstab and fstab.pcl: noauto)."


def _data(wanted: Registered, found: Data) -> Iterator[Verdict]:
    if found.problem:
        yield error(
            found.problem, "Mount the right file system; see the data directory."
        )
        return
    if found.owner != wanted.uid:
        yield error(
            f"it belongs to uid {found.owner}, and not to {wanted.uid}",
            "The OS user must have the same uid on every node.",
        )
    if found.mode & 0o027:
        yield error(
            f"its mode is {found.mode:04o}, with which PostgreSQL does not start",
            f"chmod 0700 {wanted.data_directory}",
        )


def _shared(disks: FileSystems, places: Places) -> Iterator[Verdict]:
    for place in places:
        yield from _of_place(disks, place)


def _of_place(disks: FileSystems, place: Place) -> Iterator[Verdict]:
    called, lies = place.space.called, place.lies
    if isinstance(lies, Unknown):
        why = f"{called} is not seen: {lies.why}"
        hint = "See what is wrong there, and run the command again."
        yield fine(why) if lies.expected else error(why, hint)
        return
    if lies.problem:
        yield error(f"{called}: {lies.problem}", "Mount its file system, or make it.")
    yield from _of_file_system(disks, place, lies)


def _of_file_system(disks: FileSystems, place: Place, lies: Lies) -> Iterator[Verdict]:
    called = place.space.called
    entries = [e for e in disks.entries if e.point == lies.point]
    if lies.point == "/" or lies.kind in _LOCAL:
        yield error(
            f"{called} lies on {lies.point} ({lies.kind}), this node's own", _MOVE
        )
    elif lies.kind in _ELSEWHERE:
        yield warning(
            f"{called} lies on {lies.point} ({lies.kind}), which both nodes can have "
            "mounted at once",
            "RMS's exclusive disk does not protect it: see docs/limits.md.",
        )
    elif not any(entry.switched for entry in entries):
        yield warning(
            f"{called} lies on {lies.point}, which neither fstab nor fstab.pcl has as "
            "RMS's",
            _MOVE,
        )


def _fstab(wanted: Registered, disks: FileSystems, places: Places) -> Iterator[Verdict]:
    if disks.unread:
        yield warning(disks.unread, "Run the command as root.")
    seen = [p.lies.point for p in places if isinstance(p.lies, Lies)]
    points = dict.fromkeys(seen)
    points |= dict.fromkeys(
        e.point for e in covering(disks.entries, wanted.data_directory)
    )
    if not set(points) - {"/", ""}:
        yield warning(
            "no mount point for the data directory is known",
            "Give it a file system of the shared disk in fstab and fstab.pcl.",
        )
    for point in points:
        if point != "/":
            yield from _of_point(point, [e for e in disks.entries if e.point == point])


def _of_point(point: str, entries: list[Entry]) -> Iterator[Verdict]:
    plain = [entry for entry in entries if not entry.rms]
    for entry in plain:
        if "noauto" not in entry.options:
            yield error(
                f"{entry.file} mounts {point} when the node starts",
                "Add noauto: two nodes that mount one file system destroy it.",
            )
    if entries and len(plain) == len(entries):
        yield warning(
            f"no line of fstab.pcl (nor of fstab) has #RMS# and {point}",
            f"Copy its line with #RMS# before it, or RMS does not mount {point}.",
        )
    if entries and not plain:
        yield warning(
            f"{point} has a line with #RMS#, and none in fstab itself",
            "Add the same line with noauto to /etc/fstab (manual 2.3.4.2).",
        )
    if len({entry.source for entry in entries}) > 1:
        sources = ", ".join(sorted({entry.source for entry in entries}))
        yield error(f"{point} is of several devices: {sources}", "Give it one device.")


def _guards(devices: tuple[Device | Unknown, ...]) -> Iterator[Verdict]:
    if not devices:
        yield fine("no device of a shared disk is known")
    for one in devices:
        if isinstance(one, Unknown):
            why = f"not seen: {one.why}"
            yield (
                fine(why) if one.expected else warning(why, "Run the command as root.")
            )
        elif not one.guarded:
            yield from _unguarded(one)


def _unguarded(one: Device) -> Iterator[Verdict]:
    if one.kind == "ext4":
        yield warning(
            f"{one.source} has no multi-mount protection",
            f"With it unmounted on every node: tune2fs -O mmp {one.source}",
        )
    else:
        yield fine(f"{one.source} is {one.kind}, which has no multi-mount protection")


def _local(
    wanted: Registered, disks: FileSystems, places: Places, work: Work
) -> Iterator[Verdict]:
    path = wanted.work_directory
    for entry in covering(tuple(e for e in disks.entries if e.switched), path)[:1]:
        yield error(
            f"{entry.file} has {entry.point} as one that is not mounted at the start",
            "Register anew with a work directory on a file system of this node's.",
        )
    data = [p.lies for p in places if p.space.role == "data"]
    points = [lies.point for lies in data if isinstance(lies, Lies)]
    if work.point in points:
        yield warning(
            f"it is on the file system of the data directory, {work.point}",
            "In a cluster that is the shared disk: choose another directory.",
        )
    if work.kind in ("tmpfs", "ramfs"):
        yield warning(
            f"it is on a {work.kind}: traces and identity are lost with each boot",
            "Choose a directory on a disk of this node.",
        )


ROWS = (
    Row(
        "data_directory",
        "2.3.7",
        ("registered", "data"),
        _data,
        "an instance of the OS user's",
    ),
    Row(
        "shared_disk",
        "2.3.3",
        ("file_systems", "places"),
        _shared,
        "everything lies on the shared disk",
    ),
    Row(
        "fstab",
        "2.3.4",
        ("registered", "file_systems", "places"),
        _fstab,
        "its mount points are RMS's",
    ),
    Row("multi_mount", "ours", ("devices",), _guards, "multi-mount protection is on"),
    Row(
        "work_local",
        "2.3.8",
        ("registered", "file_systems", "places", "work"),
        _local,
        "the work directory is on this node's own disk",
    ),
)
