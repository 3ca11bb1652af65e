"""Letting a version count: one link is replaced, and then those in bin and share are right.

At every instant what RMS calls is there, of the version before or of the new one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pgx_base.failure import Failure
from pgx_base.text import quoted
from tools.installer import layout, place


def check_free(prefix: Path, names: Iterable[str], *, older: bool) -> None:
    """Refuse to replace what is not ours under *prefix*.  Raises Failure.

    *older*: an installation from before there were links is there.
    """
    foreign = [name for name in names if _is_foreign(prefix / name, name, older=older)]
    if foreign:
        raise Failure(
            f"there is something of another program in {quoted(str(prefix))}",
            detail=f"In the way: {', '.join(foreign)}.",
            hint="Remove it, or choose another PREFIX.",
        )


def _is_foreign(path: Path, name: str, *, older: bool) -> bool:
    if not os.path.lexists(path):
        return False
    if path.is_symlink():
        return os.readlink(path) != layout.target(name)
    return not older


def let_count(prefix: Path, version: Path) -> None:
    """Let *version* be the one that counts under *prefix*.  Raises OSError."""
    names = layout.shown(version)
    for directory in sorted({(prefix / name).parent for name in names}):
        place.make(directory)
    layout.note_replaced(prefix, version)
    link(layout.current(prefix), version.name)
    for name in names:
        if not (prefix / name).is_symlink():
            link(prefix / name, layout.target(name))
    for name in sorted(set(layout.links(prefix)) - set(names)):
        (prefix / name).unlink()


def link(path: Path, says: str) -> None:
    """Let *path* be a link, in place of what is there, at once.  Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(says)
    beside.replace(path)
