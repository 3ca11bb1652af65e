"""Why nothing is started, in words: of what was found, and not of what was tried."""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_base.text import quoted


def standalone(name: str, pid: int) -> Failure:
    """Return that *pid*, `postgres --single`, is at work on instance *name*."""
    return Failure(
        f"instance {quoted(name)} is in use by a standalone backend",
        detail=f"postmaster.pid names PID {pid} as one (postgres --single).",
        hint="End it. If no such process runs on any node, remove the file.",
    )


def doubtful(name: str, unproven: tuple[str, ...]) -> Failure:
    """Return that one of *unproven* may be a server of instance *name*."""
    return Failure(
        f"could not tell whether instance {quoted(name)} runs",
        detail=f"Nothing proves whose these are: {'; '.join(unproven)}.",
        hint="End what is the instance's, and run pgx_online again.",
    )


def odd_pid_file(data: str, what: str) -> Failure:
    """Return that *what* has the name of the PID file of data directory *data*."""
    return Failure(
        f"{quoted(f'{data}/postmaster.pid')} is not a PID file: {what}",
        hint="No server has made it. When it is certain that none runs on this data "
        "directory on any node, remove it.",
    )
