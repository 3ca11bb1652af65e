"""A stop without a definition: can it be seen that there is nothing to stop?

Pacemaker has a stop follow each start that has failed, also one that is refused because the
definition cannot be read; and a stop that fails is fenced.  What cannot be seen is no proof.
"""

from __future__ import annotations

import os

from pgx_base import files, proc
from pgx_pclrsc import look, record, registry, runentry


def is_unknown(root: str, name: str) -> bool:
    """Whether nothing of *name* was ever here; no where that cannot be seen."""
    try:
        return not (
            _is_registered(root, name) or _is_there(registry.run_path(root, name))
        )
    except OSError:
        return False  # whoever reads the definition says why


def nothing_started(root: str, name: str) -> bool:
    """Whether *name* was never started here, or its last stop has finished, in this boot."""
    entry = registry.run_path(root, name)
    try:
        if _is_there(entry) and runentry.stopped_at(root, name) is None:
            return False
        return not _is_registered(root, name) or _is_clear(root, name)
    except (OSError, record.Garbled):
        return False


def _is_registered(root: str, name: str) -> bool:
    if not root.startswith("/"):
        return True  # perhaps, wherever that is
    if os.path.islink(root):
        os.stat(root)  # one that leads nowhere: its disk is not mounted
    return _is_there(registry.entry(root, name))


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _is_clear(root: str, name: str) -> bool:
    """Whether neither record nor monitor knows of a server.  Raises OSError, record.Garbled."""
    dir_fd = files.open_workdir(os.readlink(registry.work_link(root, name)))
    try:
        found = look.Look(dir_fd, proc.boot_id(), -1)
    finally:
        os.close(dir_fd)
    return found.record is None and not found.held
