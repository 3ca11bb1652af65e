"""A cluster application as values: what an application file declares.

Pure.  What hvw does not hold (devices, purposes) is empty in an application that was
read from a listing of hvw's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgx_wizard.core.screens.vocabulary import (
    BASICS,
    CMDLINE_FLAGS,
    CMDLINE_TIMEOUT,
    MOUNT_FLAGS,
)

PURPOSES = ("data", "tablespace", "backup", "wal", "monitor")


@dataclass(frozen=True, slots=True)
class Gds:
    """The disk classes (manual A.1.3).  Timeout in seconds."""

    disk_classes: tuple[str, ...] = ()
    class_name_filter: str = ""
    standby_support: str = "no"
    auto_recover: str = "no"
    timeout: int = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One file system (manual 2.3.4, A.1.6).  *flags* are hvw's words, without LOCAL."""

    mount_point: str
    device: str = ""
    type: str = ""
    options: str = "noauto"
    purpose: str = ""
    monitored_by: str = ""
    flags: frozenset[str] = frozenset({"AUTORECOVER"})

    @property
    def disk_class(self) -> str:
        """The GDS class that the device belongs to, empty if it is no GDS volume."""
        parts = self.device.split("/")
        return parts[3] if self.device.startswith("/dev/sfdsk/") else ""

    @property
    def all_flags(self) -> frozenset[str]:
        """The flags as hvw counts them: every file system of this menu is LOCAL."""
        return self.flags | {"LOCAL"}

    @property
    def letters(self) -> str:
        """The flags as hvw prints them."""
        return "".join(
            MOUNT_FLAGS[flag] for flag in MOUNT_FLAGS if flag in self.all_flags
        )


@dataclass(frozen=True, slots=True)
class FileSystems:
    """All file systems of the application, in hvw's order."""

    mounts: tuple[Mount, ...] = ()
    filter: str = ""
    timeout: int = 180


@dataclass(frozen=True, slots=True)
class GlsAddress:
    """A takeover address of GLS (manual A.1.5)."""

    name: str
    auto_recover: bool = False


@dataclass(frozen=True, slots=True)
class Gls:
    """The takeover addresses of GLS."""

    addresses: tuple[GlsAddress, ...] = ()
    timeout: int = 60


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """A takeover address of the takeover network: a line of hvipalias for each node."""

    name: str
    address: str = ""
    device: str = ""
    prefix: int = 0  # length of the network's prefix, in bits


@dataclass(frozen=True, slots=True)
class TakeoverNetwork:
    """The takeover network (hvw's item IpAddresses)."""

    addresses: tuple[NetworkAddress, ...] = ()
    timeout: int = 60


@dataclass(frozen=True, slots=True)
class Symfoware:
    """The database as the manual's menu item has it: another product's scripts (A.1.4)."""

    resource: str
    flags: str = "T900"
    online_timeout: int = 3600
    offline_timeout: int = 1800
    fault_script: str = ""


@dataclass(frozen=True, slots=True)
class Cmdline:
    """The database as a Cmdline resource that runs this project's scripts."""

    resource: str
    script_dir: str = "/opt/pgx_pclrsc/bin"
    timeout: int = CMDLINE_TIMEOUT
    flags: Mapping[str, str] = field(default_factory=lambda: dict(CMDLINE_FLAGS))

    def command(self, script: str) -> str:
        """Return what RMS runs: *script* is pgx_online, pgx_offline or pgx_check."""
        return f"{self.script_dir}/{script} {self.resource}"


Database = Symfoware | Cmdline


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A cluster application; a part that it has not is None."""

    name: str
    machines: tuple[str, ...]  # the active node first
    configuration: str = "config"
    basics: Mapping[str, str] = field(default_factory=lambda: dict(BASICS))
    gds: Gds | None = None
    database: Database | None = None
    gls: Gls | None = None
    network: TakeoverNetwork | None = None
    file_systems: FileSystems | None = None

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """All file systems."""
        return self.file_systems.mounts if self.file_systems else ()
