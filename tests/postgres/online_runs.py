"""Running pgx_online in tests, and what must hold afterwards."""

from __future__ import annotations

from fixtures.processes import of_directory, wait_until
from pgx_base import proc
from pgx_pclrsc import monitors
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
    """See that neither server nor monitor of the resource runs.

    A monitor that a Check was about to start finds no server, and ends a moment later.
    """
    shown = [proc.cmdline(pid) for pid in of_directory(resource.server.data)]
    assert not [words for words in shown if words and not monitors.is_monitor(words)]
    wait_until(
        lambda: not of_directory(resource.server.data) and not resource.monitor_runs(),
        "no monitor is left",
    )
    assert resource.check() == OFFLINE
