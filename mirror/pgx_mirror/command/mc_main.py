"""mc_main: the resident program; started by mc_ctl start, never by hand."""

from __future__ import annotations

import sys

from pgx_mirror.controller import watcher


def main() -> None:
    """Be a watcher or a controller.  What a controller needs its watcher does not load."""
    if sys.argv[1:2] == [watcher.WATCH]:
        watcher.main()
        return
    from pgx_postgres.probe import lean

    lean.load()
    from pgx_mirror.controller.main import main as control

    control()
