"""A planned stop, and who is who while it lasts."""

from __future__ import annotations

import time
from pathlib import Path

from fixtures.processes import of_directory, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_postgres.processes import looking
from tests.fix_resource import OFFLINE, Resource, Result


def stopped(resource: Resource, limit: float) -> str:
    """Stop *resource* as planned, in fewer than *limit* seconds; return what was said."""
    began = time.monotonic()
    result = resource.offline(env={"HV_OFFLINE_REASON": "STOP"}, limit=limit + 60)
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - began < limit, result.stderr
    assert resource.check() == OFFLINE
    return result.stderr


def stopped_with_a_look(resource: Resource, reason: str = "") -> Result:
    """Stop *resource*, which looks at who else is there; repeated where that took too long.

    A disk that hangs in a test beside this one, or a busy machine, may end a look.
    """
    env = {"HV_OFFLINE_REASON": reason} if reason else {}
    for _ in range(3):
        result = resource.offline(env=env)
        if looking.TOO_LONG not in result.stderr:
            break
    return result


def child(server: Server, title: str) -> int:
    """Return the PID of the server's process with *title*, once it is there."""
    found: list[int] = []

    def look() -> bool:
        children = Path(f"/proc/{server.pid()}/task/{server.pid()}/children")
        pids = [int(word) for word in children.read_text().split()]
        found[:] = [pid for pid in pids if title in " ".join(proc.cmdline(pid))]
        return bool(found)

    wait_until(look, f"{title} is there")
    return found[0]


def sleepers(directory: Path) -> list[int]:
    found: list[int] = []

    def look() -> bool:
        found[:] = [
            pid for pid in of_directory(directory) if proc.cmdline(pid)[:1] == ["sleep"]
        ]
        return bool(found)

    wait_until(look, "it sleeps")
    return found
