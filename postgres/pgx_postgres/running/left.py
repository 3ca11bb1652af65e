"""What a stop has left on this node."""

from __future__ import annotations

import os
from collections.abc import Collection

from pgx_base import proc
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_postgres.processes import holdings, memory
from pgx_postgres.processes.evidence import Evidence
from pgx_postgres.processes.instance import Process


@dataclass(frozen=True, slots=True)
class Left:
    """Something of the instance that is still here; a shared memory segment has no PID.

    *denied*: we may not signal it.
    """

    pid: int
    text: str
    denied: bool = False

    def __str__(self) -> str:
        return self.text


def of(process: Process, denied: Collection[Ident]) -> Left:
    """Return *process* as what is left; we may not signal those that are *denied*."""
    where = holdings.wait_channel(process.pid)
    text = f"process {process.pid} ({process.command}) in state {process.state}"
    if where:
        text += f", waiting in the kernel at {where}"
    if process.ident in denied:
        theirs = proc.uid_of(process.pid)
        text += f", of uid {theirs}, which uid {os.geteuid()} may not signal"
    return Left(process.pid, text, process.ident in denied)


def attached(evidence: Evidence) -> list[Left]:
    """Return the segments of the instance that somebody still has attached."""
    if not evidence.segments:
        return []
    there = memory.segments()
    return [
        Left(0, f"shared memory segment {shmid} with {there[shmid].attached} attached")
        for shmid in sorted(evidence.segments)
        if shmid in there and there[shmid].attached
    ]
