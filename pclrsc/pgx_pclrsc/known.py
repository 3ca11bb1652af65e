"""What this node has written down of an instance, for those who look for its processes."""

from __future__ import annotations

from pgx_base import proc
from pgx_base.idents import Ident
from pgx_pclrsc import monitors, record
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.processes import evidence
from pgx_postgres.processes.evidence import Evidence, Recorded


def of(
    definition: ResourceDefinition,
    found: record.Record | None,
    entry: Ident | None = None,
) -> Evidence:
    """Return what is known of the instance from its *definition*, the record *found*, and
    the postmaster that the *entry* under /run names.
    """
    return evidence.gather(
        definition.uid,
        definition.data_directory,
        _recorded(found),
        () if entry is None else (entry,),
        (monitors.PROGRAM,),
    )


def _recorded(found: record.Record | None) -> Recorded:
    if found is None or found.state == record.NONE or found.boot != proc.boot_id():
        return Recorded()
    return Recorded(
        (found.postmaster, found.start) if found.postmaster else None,
        (found.device, found.inode) if found.inode else None,
        found.shmid,
    )
