"""What /etc/fstab and RMS's /etc/fstab.pcl say is mounted where (manual 2.3.4).

    /dev/sfdsk/class0001/dsk/volume0001 /mnt/data ext4 noauto 0 0
    #RMS#/dev/sfdsk/class0001/dsk/volume0001 /mnt/data ext4 noauto 0 0
    #RMS:APP1#/dev/sdb2 /fs2 ext4 defaults 1 2

RMS reads the lines that begin with its prefix, which mount(8) takes for comments; older
versions of PRIMECLUSTER keep them in /etc/fstab.  Parsing is pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgx_base import mounts
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted
from pgx_pclrsc.core.definition import is_under, plain

FSTAB = "/etc/fstab"
FSTAB_PCL = "/etc/fstab.pcl"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file system.  *rms* tells that the line has RMS's prefix."""

    source: str
    mount_point: str
    fs_type: str
    options: tuple[str, ...]
    rms: bool
    file: str = FSTAB

    @property
    def switched(self) -> bool:
        """Whether it is mounted by hand or by RMS, not when the node starts."""
        return self.rms or "noauto" in self.options


def parse(text: str, file: str = FSTAB) -> list[Entry]:
    """Return the entries that *text*, the contents of *file*, has.  Pure."""
    found = (_entry(line.strip(), file) for line in text.splitlines())
    return [entry for entry in found if entry is not None]


def _entry(line: str, file: str) -> Entry | None:
    bare = _without_rms(line)
    rms = bare is not None
    line = line if bare is None else bare
    fields = [mounts.unescaped(field) for field in line.split()]
    if line.startswith("#") or len(fields) < 2 or not fields[1].startswith("/"):
        return None  # a comment, swap, or nothing that can be mounted
    source, mount_point, fs_type, options = (*fields, "", "")[:4]
    return Entry(
        source,
        mount_point,
        fs_type,
        tuple(options.split(",")),
        rms,
        file,
    )


def _without_rms(line: str) -> str | None:
    """Return what stands behind RMS's prefix, #RMS# or #RMS:application#; None without one."""
    prefix, ends, bare = line[1:].partition("#")
    is_rms = line.startswith("#") and ends and prefix.partition(":")[0] == "RMS"
    return bare if is_rms else None


def _slurp(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except OSError as ex:
        raise Failure(f"could not read file {quoted(path)}: {ex.strerror}") from ex


def read() -> list[Entry]:
    """Return the entries of both files; one that is missing has none.  Raises Failure."""
    return [entry for path in (FSTAB, FSTAB_PCL) for entry in parse(_slurp(path), path)]


def covering(entries: Iterable[Entry], path: str) -> Entry | None:
    """Return the entry with the deepest mount point at or above *path*.  Pure."""
    above = [entry for entry in entries if is_under(path, entry.mount_point)]
    return max(above, key=lambda entry: _depth(entry.mount_point), default=None)


def _depth(path: str) -> int:
    return sum(part not in ("", ".") for part in path.split("/"))


def switched(entries: Iterable[Entry], path: str) -> Entry | None:
    """Return an entry at or above *path* that the start of the node does not mount.  Pure."""
    return covering([entry for entry in entries if entry.switched], path)


def mounted(path: str) -> bool:
    """Whether something is mounted at *path* itself; asks the kernel, not the disk."""
    try:
        return plain(path) in {mount.point for mount in mounts.mounted()}
    except OSError as ex:
        raise Failure(
            f"could not read file {quoted(str(ex.filename))}: {ex.strerror}"
        ) from ex
