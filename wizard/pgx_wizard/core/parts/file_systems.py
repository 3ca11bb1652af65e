"""LocalFileSystems: what is mounted where, in hvw's order (manual 2.3.4, A.1.6).  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.gds import disk_class
from pgx_wizard.core.parts.setting import declared, seconds, setting, table
from pgx_wizard.core.parts.sub_application import Entry, SubApplication

PURPOSES = ("data", "tablespace", "backup", "wal", "monitor")
# Flags of a mount point, in the order of the letters that hvw prints: LA and LAM are
# printed by the manual; where SHARE and SYNC stand is not.
MOUNT_FLAGS = {
    "LOCAL": "L",
    "AUTORECOVER": "A",
    "MONITORONLY": "M",
    "SHARE": "S",
    "SYNC": "Y",
}
KNOWN_IN_PRINT = frozenset({"LOCAL", "AUTORECOVER", "MONITORONLY"})
# Every file system of this menu is LOCAL, which is no item of its flags.
LOCAL = frozenset({"LOCAL"})
_LETTERS = {letter: flag for flag, letter in MOUNT_FLAGS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One file system.  *flags* are hvw's words, without LOCAL."""

    mount_point: str = setting(
        toml="mount_point", kind=kinds.mount_point, required=True, unique=True
    )
    device: str = setting(
        "", toml="device", kind=kinds.device, required=True, unique=True
    )
    type: str = setting("", toml="type", kind=kinds.word, required=True)
    options: str = setting("noauto", toml="options", kind=kinds.options)
    purpose: str = setting(
        "", toml="purpose", kind=kinds.one_of(*PURPOSES), required=True
    )
    monitored_by: str = setting("", toml="monitored_by", kind=kinds.mount_point)
    flags: frozenset[str] = setting(
        frozenset({"AUTORECOVER"}),
        toml="flags",
        kind=kinds.some_of(*MOUNT_FLAGS),
        made=lambda flags: flags - LOCAL,
    )

    @property
    def disk_class(self) -> str:
        """The GDS class that the device belongs to, empty if it is no GDS volume."""
        return disk_class(self.device)

    @property
    def all_flags(self) -> frozenset[str]:
        """The flags as hvw counts them."""
        return self.flags | LOCAL

    @property
    def letters(self) -> str:
        """The flags as hvw prints them."""
        return "".join(
            MOUNT_FLAGS[flag] for flag in MOUNT_FLAGS if flag in self.all_flags
        )


def _declared(given: Iterable[Mapping[str, Any]]) -> tuple[Mount, ...]:
    return tuple(
        declared(Mount, {"flags": _usual(values["purpose"]), **values})
        for values in given
    )


def _usual(purpose: str) -> frozenset[str]:
    """Return A.1.6, step 6: MONITORONLY is Yes for a backup, No for the others."""
    return frozenset({"AUTORECOVER", *(["MONITORONLY"] if purpose == "backup" else [])})


def _shown(mount: Mount) -> str:
    """Return `LA:/mnt/point`; the letters' order with SHARE and SYNC is not known."""
    if mount.all_flags <= KNOWN_IN_PRINT:
        return f"{mount.letters}:{mount.mount_point}"
    words = ",".join(flag for flag in MOUNT_FLAGS if flag in mount.all_flags)
    return f"<{words}>:{mount.mount_point}"


def _read(value: str) -> Mount:
    """Return the file system that `LA:/mnt/point` or `<LOCAL,SYNC>:/mnt/point` names."""
    flags, point = value.split(":", 1)
    if flags.startswith("<"):
        words = set(flags[1:-1].split(","))
    else:
        words = {_LETTERS[letter] for letter in flags}
    if not words <= set(MOUNT_FLAGS):
        raise ValueError(f"flags {flags}")
    return Mount(mount_point=point, flags=frozenset(words) - LOCAL)


@dataclass(frozen=True, slots=True)
class FileSystems(SubApplication):
    """All file systems of the application, in hvw's order.  Timeout in seconds."""

    mounts: tuple[Mount, ...] = setting(
        (),
        toml="mount",
        tables=table(Mount),
        required=True,
        made=_declared,
        hvw="MountPoints",
        listed=True,
        shown=_shown,
        read=_read,
    )
    filter: str = setting("", hvw="Filter")
    timeout: int = seconds(180, "Timeout")

    declared_as = "file_systems"
    label = "LocalFileSystems"
    title = "File systems"
    prefix = "Lfs"
    section = "A.1.6"
    additional = "AdditionalMountPoint"
    key = "MountPoints"
    offered_by = "hvw offers what /etc/fstab.pcl, or /etc/fstab, has on this node (manual 2.3.4.2)."
    menu_flags = frozenset(MOUNT_FLAGS) - LOCAL
    preset_flags = frozenset({"LOCAL", "AUTORECOVER"})
    example = """\
# File systems in hvw's order: one of purpose monitor before those that it monitors.
# [file_systems]
# Timeout = 180  # at least 6 a file system

[[file_systems.mount]]
mount_point = "/mnt/monitor1"
device = "/dev/sfdsk/class0001/dsk/volume0002"
type = "ext4"
options = "noauto,ro"
purpose = "monitor"  # data, tablespace, backup, wal or monitor

[[file_systems.mount]]
mount_point = "{mount_point}"  # holds {data}
device = "/dev/sfdsk/class0001/dsk/volume0001"
type = "ext4"
options = "noauto"
purpose = "data"
monitored_by = "/mnt/monitor1"
# flags = ["AUTORECOVER"]  # and MONITORONLY for a backup, SHARE, SYNC
"""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The mount points, each with its flags."""
        return tuple(Entry(one.mount_point, one.all_flags) for one in self.mounts)

    def objects(self) -> dict[str, tuple[int, int]]:
        """Return how many resource objects it has."""
        shared = sum("SHARE" in mount.flags for mount in self.mounts)
        return {"Fsystem": (len(self.mounts) - shared, 5), "NFS": (shared, 10)}

    @classmethod
    def held_name(cls, value: str) -> str:
        """Return the mount point of `LA:/mnt/point`."""
        return value.partition(":")[2]

    @classmethod
    def held_flags(cls, value: str) -> frozenset[str]:
        """Return the flags of `LA:/mnt/point`; how hvw orders them does not matter."""
        letters = value.partition(":")[0]
        return frozenset(
            flag for flag, letter in MOUNT_FLAGS.items() if letter in letters
        )
