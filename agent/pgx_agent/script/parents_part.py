"""What the parent of a transition, which may be root, keeps under /run for its worker.

Only root can write there, so that nobody else can make Check believe anything.
"""

from __future__ import annotations

import os

from pgx_agent.script import line
from pgx_agent.script.job import Job
from pgx_base import locks
from pgx_base.idents import Ident
from pgx_pclrsc import beacon, registry, runentry
from pgx_pclrsc.core import codec


def keep(words: list[str], job: Job) -> str | None:
    """Do what the request *words* asks; return why that could not be done, or "".

    None where it asks for nothing of the kind.
    """
    root, definition = job.root, job.definition
    name = definition.name
    try:
        match words:
            case [line.ENTRY, pid, start]:
                ident = int(pid), int(start)
                runentry.write(root, name, ident, codec.encode(definition))
            case [line.BEACON]:
                runentry.make_beacon(root, name, definition.uid, definition.gid)
            case [line.FAULTED, pid, start]:
                _latch(root, name, (int(pid), int(start)))
            case [line.FORGET]:
                runentry.remove(root, name)
            case [line.STOPPED]:
                runentry.stop(root, name)
            case _:
                return None
    except OSError as ex:
        return ex.strerror or str(ex)
    return ""


def _latch(root: str, name: str, postmaster: Ident) -> None:
    fd = locks.open_beacon(registry.beacon_path(root, name))
    if fd >= 0:
        try:
            runentry.latch(fd, beacon.faulted(postmaster))
        finally:
            os.close(fd)
