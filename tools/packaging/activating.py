"""What a package does as it comes and goes: its files count, and count no more.

A package manager knows the files in PREFIX/package/ID.  It replaces and removes them one by
one, while RMS calls what is installed.  So what runs are links to the very same files in
PREFIX/versions/ID: let to count at once, and kept for what began with them.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pgx_base.heeded import Heeded
from tools.installer import installing, layout, making, place, removing, switching


def activate(
    prefix: Path,
    content: str,
    heeded: Heeded,
    try_out: Callable[[Path], None] = making.try_out,
) -> None:
    """Let what lies in PREFIX/package/*content* be the version that counts.

    Over whatever counted before, also from `make install`.  Raises Failure, OSError, or
    what *try_out* raises; what counted before does so still.
    """
    version = layout.versions(prefix) / content
    place.check(str(prefix))
    place.make(layout.versions(prefix))
    with installing.locked(prefix, heeded):
        before = layout.counts(prefix)
        _link_files(prefix / layout.PACKAGE / content, version)
        try_out(version)
        older = before is None and installing.from_before_links(prefix)
        switching.check_free(prefix, layout.shown(version), older=older)
        switching.let_count(prefix, version)
        installing.remove_unused(prefix, keep={version, before or version})


def withdraw(prefix: Path, heeded: Heeded) -> None:
    """Remove all that `activate` has made.  Raises Failure where something runs, OSError."""
    if layout.present(prefix):
        removing.remove(prefix, heeded, packaged=True)


def _link_files(package: Path, version: Path) -> None:
    """Have *version* hold the files of *package*, whole or not at all.

    One that is whole is left alone: something may run from it.
    """
    if _same(package, version):
        return
    beside = Path(tempfile.mkdtemp(prefix=f".{version.name}-", dir=version.parent))
    beside.chmod(0o755)
    shutil.copytree(
        *(package, beside), symlinks=True, copy_function=os.link, dirs_exist_ok=True
    )
    making.sync(beside)
    if version.exists():
        version.rename(beside.with_name(f"{beside.name}-damaged"))
    beside.rename(version)


def _same(one: Path, other: Path) -> bool:
    """Whether both hold the same files, with the same bytes."""
    names = _below(one)
    if names != _below(other):
        return False
    _, differing, unread = filecmp.cmpfiles(one, other, names, shallow=False)
    return not differing and not unread


def _below(top: Path) -> list[str]:
    found = (path for path in top.rglob("*") if path.is_file())
    names = (str(path.relative_to(top)) for path in found)
    return sorted(name for name in names if name != layout.REPLACED)
