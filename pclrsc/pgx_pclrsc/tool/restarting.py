"""`pgx_pclrsc --restart-monitor`: end a monitor, so that pgx_check starts one of this version.

It is done as the OS user, in a child with a time limit: root goes by nothing that the OS user
has written, and a work directory that hangs holds nobody up.
"""

from __future__ import annotations

from functools import partial

from pgx_base import files, proc, users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import ending, record, store
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, ask
from pgx_pclrsc.tool import activity

_PATIENCE = 15.0  # seconds; a monitor ends within 6
_JOB = "monitor"


def restart(root: str, name: str) -> str:
    """End the monitor of resource *name*, and return what has been done.

    Check goes on saying what the record says, and its next call starts another monitor, or
    the first one that comes 10 s after the last start.  Raises Failure: also while a script
    works on the resource, which ends and starts monitors itself.
    """
    definition = store.load(name, root)
    if not users.may_become(definition):
        raise Failure(
            f"cannot end a monitor of OS user {quoted(definition.os_user)}",
            detail="Only root can do that for another user.",
        )
    job = Job(partial(_end, definition), definition, _PATIENCE)
    pid = ask({_JOB: job}).take(_JOB, int)
    if isinstance(pid, Unknown):
        raise Failure(
            f"could not end the monitor of resource {quoted(name)}: {pid.why}"
        )
    if pid < 0:
        return f"resource {quoted(name)} has no monitor on this node"
    which = f" (PID {pid})" if pid else ""
    return f"monitor of resource {quoted(name)}{which} ended; the next pgx_check starts another"


def _end(definition: ResourceDefinition) -> int:
    """Return the PID of the monitor that was ended, -1 for none.

    It is 0 where the record does not name it.  Raises Failure, OSError.
    """
    work = definition.work_directory
    with activity.no_transition(definition.name, work):
        if not activity.monitor_runs(work):
            return -1
        dir_fd = files.open_workdir(work)
        found = record.current(dir_fd)
        ending.end_monitor(dir_fd)
    if found is None or proc.alive(found.monitor, found.monitor_start):
        return 0  # the OS user writes the record: what it names need be no monitor
    return found.monitor
