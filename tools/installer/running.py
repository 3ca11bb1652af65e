"""Which processes run from PREFIX, and which versions they still import from.

A monitor and a controller are called by the name of their version.  A script that RMS runs, and
an arbiter, are called by PREFIX/bin, or by a package's links to that: they have the version that
counted when they began.  So have actions that a cluster manager runs by its own link.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

from pgx_base import proc
from tools.installer import layout, ocf

LINKS = "/usr/bin"  # where a package's are, to PREFIX/bin
_SLACK = 60.0  # seconds: the wall clock may have been set meanwhile


def processes(prefix: Path) -> dict[int, str]:
    """Return the PIDs of what runs from *prefix*, each with the path that it was called by.

    Where /proc hides what others run, only ours are seen.
    """
    starts = tuple(
        f"{place}/{part}/"
        for place in {str(prefix), os.path.realpath(prefix)}
        for part in (layout.VERSIONS, "bin")
    )
    links = {str(link) for link in ocf.links(prefix)}
    found = {}
    for pid in proc.pids():
        for word in proc.cmdline(pid)[:4]:
            ours = (word, _leads_to(word, links))
            if any(w.startswith(starts) for w in ours) and pid != os.getpid():
                found[pid] = word
    return found


def _leads_to(word: str, links: set[str]) -> str:
    """Return where *word* leads as one of *links*, or of those by which a package is found."""
    if os.path.dirname(word) != LINKS and os.path.normpath(word) not in links:
        return ""  # what others have made is not looked at: it may hang
    try:
        return os.readlink(word)
    except OSError:
        return ""


def versions_in_use(prefix: Path) -> set[Path]:
    """Return the versions that something may run from."""
    used: set[Path] = set()
    oldest = math.inf
    for pid, word in processes(prefix).items():
        version = _version_of(Path(word), prefix)
        if version is not None:
            used.add(version)
        else:
            oldest = min(oldest, _began(pid))
    return used | {
        version
        for version in layout.present(prefix)
        if layout.replaced(version) > oldest - _SLACK
    }


def _version_of(path: Path, prefix: Path) -> Path | None:
    for place in (layout.versions(prefix), layout.versions(prefix.resolve())):
        if path.is_relative_to(place):
            name = path.relative_to(place).parts[0]
            if name != layout.CURRENT:
                return layout.versions(prefix) / name
    return None


def _began(pid: int) -> float:
    """Return when *pid* began, in seconds since 1970; infinity where it has ended."""
    stat = proc.read_stat(pid)
    if stat is None:
        return math.inf
    since_boot = stat[2] / os.sysconf("SC_CLK_TCK")
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot
