"""What starts a server when the node boots: enabled units, Debian's clusters, rc.local."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator

from pgx_pclrsc.core.definition import plain
from pgx_pclrsc.preflight.core.facts import BootStart
from pgx_pclrsc.preflight.gather.node import slurp

_ENABLED = ("*.wants/*.service", "*.requires/*.service")
_UNITS = ("/etc/systemd/system", "/run/systemd/system")
_SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local")
_ENVIRONMENT = re.compile(r"^\s*EnvironmentFile\s*=\s*-?(/\S+)", re.MULTILINE)
_DIRECTORY = re.compile(r"^\s*data_directory\s*=?\s*'([^']*)'", re.MULTILINE)


def starts(data: str, root: str = "") -> tuple[BootStart, ...]:
    """Return what starts the data directory *data*; *root* stands before each path."""
    found = [
        *_units(data, root),
        *_clusters(data, root),
        *_scripts(data, root),
    ]
    return tuple(dict.fromkeys(found))


def _enabled(root: str) -> Iterator[str]:
    for where in _UNITS:
        for pattern in _ENABLED:
            yield from sorted(glob.glob(f"{root}{where}/{pattern}"))


def _units(data: str, root: str) -> Iterator[BootStart]:
    for link in _enabled(root):
        name = os.path.basename(link)
        texts = [slurp(link)]
        texts += [slurp(path) for path in _drop_ins(name, root)]
        files = [file for text in texts for file in _ENVIRONMENT.findall(text)]
        texts += [slurp(f"{root}{file}") for file in files]
        if any(names(text, data) for text in texts):
            yield BootStart(name, link)


def _drop_ins(name: str, root: str) -> list[str]:
    patterns = (f"{root}{where}/{name}.d/*.conf" for where in _UNITS)
    return sorted(path for pattern in patterns for path in glob.glob(pattern))


def names(text: str, data: str) -> bool:
    """Whether a line of *text* that is no comment has *data* as a word.  Pure."""
    word = re.compile(r"(?:^|[\s=\"'])" + re.escape(plain(data)) + r"/*(?:$|[\s\"';])")
    lines = (
        line for line in text.splitlines() if not line.lstrip().startswith(("#", ";"))
    )
    return any(word.search(line) for line in lines)


def _clusters(data: str, root: str) -> Iterator[BootStart]:
    """Yield Debian's clusters: postgresql.service starts those that say `auto`."""
    units = {os.path.basename(link) for link in _enabled(root)}
    for path in sorted(glob.glob(f"{root}/etc/postgresql/*/*/start.conf")):
        version, cluster = path.split("/")[-3:-1]
        unit = f"postgresql@{version}-{cluster}.service"
        told = [line.split("#")[0].strip() for line in slurp(path).splitlines()]
        enabled = unit in units or ("postgresql.service" in units and "auto" in told)
        if enabled and _is_of(f"{os.path.dirname(path)}/postgresql.conf", data):
            yield BootStart(unit, path)


def _is_of(conf: str, data: str) -> bool:
    return any(
        plain(told) == plain(data) for told in _DIRECTORY.findall(slurp(conf))[-1:]
    )


def _scripts(data: str, root: str) -> Iterator[BootStart]:
    for path in _SCRIPTS:
        file = f"{root}{path}"
        if os.access(file, os.X_OK) and names(slurp(file), data):
            yield BootStart("rc.local", file)
