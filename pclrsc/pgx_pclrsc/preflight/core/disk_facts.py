"""What was seen of disks: what is mounted, and where the instance lies.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pgx_pclrsc.preflight.core.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of fstab or fstab.pcl; *rms*: it has RMS's prefix."""

    file: str
    source: str
    point: str
    kind: str
    options: tuple[str, ...]
    rms: bool

    @property
    def switched(self) -> bool:
        """Whether the start of the node leaves it unmounted."""
        return self.rms or "noauto" in self.options


@dataclass(frozen=True, slots=True)
class Mounted:
    """What is mounted where."""

    point: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class FileSystems:
    """The entries of both files, what is mounted, and which file cannot be read, why."""

    entries: tuple[Entry, ...]
    mounts: tuple[Mounted, ...]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """pg_wal, a tablespace or the archive's directory: *role* is `wal`, an OID, `archive`."""

    role: str
    path: str

    @property
    def called(self) -> str:
        """How people are told of it."""
        known = {"data": "the data directory", "wal": "pg_wal"}
        if self.role == "archive":
            return f"the archive's directory {self.path}"
        return known.get(self.role, f"tablespace {self.role}")


@dataclass(frozen=True, slots=True)
class Data:
    """The data directory, with *problem* where it cannot be read as an instance."""

    owner: int
    mode: int
    major: int
    system: str
    catalog: int
    spaces: tuple[Space, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Lies:
    """On which file system a directory lies, *problem* where it is not complete."""

    point: str
    kind: str
    source: str
    uuid: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory of the instance, and where it lies."""

    space: Space
    lies: Lies | Unknown


@dataclass(frozen=True, slots=True)
class Device:
    """A device that should be the shared disk's; *guarded*: ext4's multi-mount protection."""

    source: str
    kind: str
    guarded: bool


@dataclass(frozen=True, slots=True)
class Work:
    """The work directory, and the file system that it is on; *problem*: it cannot be reached."""

    there: bool
    owner: int = 0
    mode: int = 0
    directory: bool = True
    kind: str = ""
    point: str = ""
    free_kb: int = 0
    traces_kb: int = 0
    problem: str = ""


Places: TypeAlias = tuple[Place, ...]
