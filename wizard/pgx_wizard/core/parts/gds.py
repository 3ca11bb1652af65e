"""Gds: disk classes of Global Disk Services (manual A.1.3).  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.setting import seconds, setting
from pgx_wizard.core.parts.sub_application import Entry, SubApplication

HVGDSETUP = "/usr/opt/reliant/bin/hvgdsetup"


@dataclass(frozen=True, slots=True)
class Gds(SubApplication):
    """The disk classes.  Timeout in seconds."""

    disk_classes: tuple[str, ...] = setting(
        (),
        toml="disk_classes",
        kind=kinds.list_of(kinds.word),
        required=True,
        hvw="DiskClasses",
        listed=True,
    )
    class_name_filter: str = setting("", hvw="ClassNameFilter")
    standby_support: str = setting(
        "no", toml="StandbySupport", kind=kinds.yes_no, hvw="StandbySupport"
    )
    auto_recover: str = setting(
        "no", toml="AutoRecover", kind=kinds.yes_no, hvw="AutoRecover"
    )
    timeout: int = seconds(1800, "Timeout")

    declared_as = "gds"
    label = "Gds:Global-Disk-Services"
    title = "Volume management"
    prefix = "Gds"
    section = "A.1.3"
    additional = "AdditionalDiskClass"
    key = "DiskClasses"
    offered_by = "Run hvgdsetup -a for every disk class first (manual A.1.1)."
    notes = (
        "A.1.3, step 4, asks for MONITORONLY by purpose here; hvw's screen has no such "
        "item: it is set with the file systems.",
        "See that `StandbySupport` is `no`.",
    )
    example = """\
[gds]
disk_classes = ["class0001"]  # every class that a file system below is on
# StandbySupport = "no"
# AutoRecover = "no"
# Timeout = 1800

"""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The disk classes."""
        return tuple(map(Entry, self.disk_classes))

    def objects(self) -> dict[str, tuple[int, int]]:
        """Return how many resource objects it has."""
        return {"Gds": (len(self.disk_classes), 64)}

    @property
    def preparation(self) -> tuple[str, ...]:
        """Commands that register each class (A.1.1)."""
        return tuple(f"{HVGDSETUP} -a {name}" for name in self.disk_classes)


def disk_class(device: str) -> str:
    """Return the class that *device* belongs to, empty if it is no GDS volume."""
    return device.split("/")[3] if device.startswith("/dev/sfdsk/") else ""
