"""What a restored copy has of its own, and what of the server that it replaces.

The mark is none of a backup's (protocol, section 2): it is laid there as that of a copy, so
that nothing but the word `--as-primary` makes a primary of the directory.  Its epoch is the
newest that is known here: what is begun by that word is beyond it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from pgx_mirror.core import mark as marks
from pgx_mirror.core.judged import SIGNAL
from pgx_mirror.core.mark import Mark
from pgx_mirror.restore import areas

CONF = "postgresql.conf"
_OURS = "pgx_mirror."


def settle(new: str, data: str) -> bool:
    """Make the copy *new* one of the server on *data*; whether its postgresql.conf stays.

    Raises OSError.
    """
    best = newest([_mark(data), _mark(new)])
    for name in sorted(os.listdir(new)):
        if name.startswith(_OURS) or areas.stays(name) or name == SIGNAL:
            areas.remove(f"{new}/{name}")
    if best is not None:
        Path(new, marks.FILE).write_bytes(
            marks.encode(replace(best, inode=0, directory=0))
        )
        os.chmod(f"{new}/{marks.FILE}", 0o600)
    return _conf(new, data)


def newest(found: list[Mark | None]) -> Mark | None:
    """Return the mark of the highest epoch, None where there is none."""
    each = [one for one in found if one is not None]
    return max(each, key=lambda one: one.epoch, default=None)


def _mark(directory: str) -> Mark | None:
    try:
        return marks.decode(Path(directory, marks.FILE).read_bytes())
    except (OSError, marks.Broken):
        return None


def _conf(new: str, data: str) -> bool:
    """Keep the postgresql.conf that is in *data*, or the link that it is."""
    if not os.path.lexists(f"{data}/{CONF}"):
        return False
    areas.remove(f"{new}/{CONF}")
    shutil.copy2(f"{data}/{CONF}", f"{new}/{CONF}", follow_symlinks=False)
    return True
