"""/etc/fstab and /etc/fstab.pcl as one application sees them, and their lines.

Pure.  fstab.pcl has fstab's lines behind `#RMS#`, or behind `#RMS:application#` for one
application alone (RMS guide 4.6, A.3.1; manual 2.3.4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgx_pclrsc import fstab
from pgx_wizard.core.parts.file_systems import Mount

_MARK = re.compile(r"#RMS:(?P<application>[^#]*)#")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of such a file."""

    device: str
    mount_point: str
    type: str
    options: frozenset[str]
    application: str = ""  # the only one that may mount it; empty for any


def parse(text: str) -> list[Line]:
    """Return the entries of fstab or fstab.pcl."""
    return [
        Line(
            found.source,
            found.mount_point.rstrip("/") or "/",
            found.fs_type,
            frozenset(found.options),
            _application(line),
        )
        for line in text.splitlines()
        for found in fstab.parse(line)
    ]


def _application(line: str) -> str:
    match = _MARK.match(line.strip())
    return match["application"] if match else ""


def fstab_line(mount: Mount) -> str:
    """Return the line of fstab for *mount* (manual 2.3.4.2)."""
    return f"{mount.device} {mount.mount_point} {mount.type} {mount.options} 0 0"


def fstab_pcl_line(mount: Mount, application: str = "") -> str:
    """Return the line of fstab.pcl, for one *application* alone where it is named."""
    mark = f"#RMS:{application}#" if application else "#RMS#"
    return mark + fstab_line(mount)
