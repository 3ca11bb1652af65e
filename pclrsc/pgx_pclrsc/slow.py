"""The part of pgx_check that a resource with a good record never needs.

Loaded only then: it reads the definition, and looks for a postmaster by its
processes.  It still opens nothing under the data directory.
"""

from __future__ import annotations

import os

from pgx_base import proc, report
from pgx_base.report import Failure
from pgx_pclrsc import registry, runentry, store
from pgx_pclrsc.beacon import Heard
from pgx_pclrsc.core import verdict
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.processes import postmasters


def is_os_user(root: str, name: str, uid: int) -> bool:
    """Whether *uid* is the resource's OS user; nobody's, where that cannot be read."""
    definition = store.find(root, name)
    return definition is None or definition.uid == uid


def found_here(root: str, name: str) -> bool:
    """Whether a server of the resource's user runs here that may be the resource's.

    Only names are compared: a data directory reached through a link is looked at in
    the background, where a hanging disk holds nobody up.
    """
    definition = store.find(root, name)
    return definition is not None and bool(postmasters.of_user(definition.uid))


def _alive(root: str, name: str, definition: ResourceDefinition | None) -> bool:
    entry = runentry.read(root, name)
    if entry is not None and proc.alive(*entry[0]):
        return True
    # An entry is only as good as the last script that ran as root.
    if definition is None:
        return False
    return bool(postmasters.by_path(definition.uid, definition.data_directory))


def when_unreadable(
    root: str, name: str, why: str, beacon: int, *, acts: bool
) -> verdict.Answer | None:
    """Answer where registry, work directory or record cannot be read: row 9 of the table.

    None where there is no such resource.
    """
    if _is_unknown(root, name):
        return None
    if acts:
        problem = Failure(f'could not read the state of resource "{name}": {why}')
        report.to_system_log("pgx_check", "warning", problem)
    heard = Heard(beacon, latches=acts) if beacon >= 0 else None
    entry = runentry.read(root, name)
    said = heard.postmaster() if heard else None
    postmaster = said or (entry[0] if entry else None)
    if heard and postmaster and heard.keep_faulted(postmaster):
        # A resource that the registry has lost is Offline once its server is gone.
        registered = os.path.lexists(registry.entry(root, name))
        if registered or proc.alive(*postmaster):
            return verdict.FAULTED, False
    definition = store.find(root, name)
    code, start = verdict.unreadable(_alive(root, name, definition))
    watched = heard is not None and heard.watched()
    return code, start and definition is not None and not watched


def _is_unknown(root: str, name: str) -> bool:
    if runentry.read(root, name) is not None:
        return False
    try:
        return name not in os.listdir(root)
    except OSError:
        return not registry.is_there(root)
