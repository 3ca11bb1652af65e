"""Where things are under PREFIX.

    versions/0.1.0-abc123/      one installation: venv, bin, share; never changed once it is whole
    versions/current            a link to the one that counts; to replace it is the installation
    versions/ocf                a link that says where the one for a cluster manager is
    bin/pgx_check ...           links through versions/current, as all that is in share

So what RMS calls is of one version at every instant, and what runs goes on importing from the
version that it began with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

VERSIONS, CURRENT, OCF = "versions", "current", "ocf"
# There where a package manager has put files: tools/packaging has what it is for.
PACKAGE = "package"
PLACES = ("bin", "share")
# In a version's directory: what this program has called it.
VERSION_FILE = "VERSION"
# There from when another version has replaced it.
REPLACED = "REPLACED"
# Under share: one link to the whole directory, whose pages have links to each other.
DOCUMENTS = "doc/pgx_pclrsc"


def versions(prefix: Path) -> Path:
    """Return the directory of the versions."""
    return prefix / VERSIONS


def current(prefix: Path) -> Path:
    """Return the link to the version that counts."""
    return versions(prefix) / CURRENT


def counts(prefix: Path) -> Path | None:
    """Return the version that counts, None where there is none."""
    try:
        return versions(prefix) / os.readlink(current(prefix))
    except OSError:
        return None


def present(prefix: Path) -> list[Path]:
    """Return the directories of all versions, whole or not."""
    try:
        found = list(versions(prefix).iterdir())
    except FileNotFoundError:
        return []
    return sorted(path for path in found if not path.is_symlink() and path.is_dir())


def named(version: Path) -> str:
    """Return what *version* says that it is, "" where it does not."""
    try:
        return (version / VERSION_FILE).read_text().strip()
    except OSError:
        return ""


def note_replaced(prefix: Path, by: Path) -> None:
    """Note in every version but *by* that it counts no more, where that is not noted yet."""
    for version in present(prefix):
        if version != by and not (version / REPLACED).exists():
            (version / REPLACED).touch()
    (by / REPLACED).unlink(missing_ok=True)


def replaced(version: Path) -> float:
    """Return when *version* was replaced, in seconds since 1970."""
    try:
        return (version / REPLACED).stat().st_mtime
    except OSError:
        return 0.0


def shown(version: Path) -> list[str]:
    """Return what *version* shows under PREFIX: `bin/pgx_check`, `share/doc/...`."""
    found = []
    for place in PLACES:
        for path in sorted((version / place).rglob("*")):
            name = str(path.relative_to(version))
            if name == f"share/{DOCUMENTS}" or (
                path.is_file() and not name.startswith(f"share/{DOCUMENTS}/")
            ):
                found.append(name)
    return found


def target(name: str) -> str:
    """Return what the link for *name* says: relative, so that PREFIX may be moved or mounted."""
    return "../" * name.count("/") + f"{VERSIONS}/{CURRENT}/{name}"


def links(prefix: Path) -> Iterator[str]:
    """Yield the names under PREFIX that are links of ours."""
    for place in PLACES:
        for directory, folders, files in os.walk(prefix / place):
            for one in sorted([*folders, *files]):
                path = Path(directory) / one
                name = str(path.relative_to(prefix))
                if path.is_symlink() and os.readlink(path) == target(name):
                    yield name
