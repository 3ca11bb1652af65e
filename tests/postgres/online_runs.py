"""Running pgx_online in tests, and what must hold afterwards."""

from __future__ import annotations

from fixtures.processes import gone, of_directory
from tests.fix_resource import OFFLINE, ONLINE, Resource


def online(resource: Resource, **env: str) -> int:
    """Run pgx_online, see that it succeeds, and return the postmaster's PID."""
    result = resource.online(env=env, limit=90)

    assert result.returncode == 0, result.stderr + resource.trace()
    assert resource.check() == ONLINE
    pid = resource.server.pid()
    assert pid is not None
    assert resource.known().postmaster == pid
    return pid


def nothing_is_left(resource: Resource) -> None:
    """See that neither server nor monitor of the resource runs."""
    assert not [pid for pid in of_directory(resource.server.data) if not gone(pid)]
    assert not resource.monitor_runs()
    assert resource.check() == OFFLINE
