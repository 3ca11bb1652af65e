"""Nothing in the work directory grows, however often scripts and Check run.

Here a few times; `make growth` does it with 10,000 Checks and 200 times Online and Offline.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.server import Server
from pgx_pclrsc import registry
from tests.fix_resource import OFFLINE, ONLINE, MakeResource, Resource

pytestmark = pytest.mark.one_postgres
KB = 1024
TRACE, SERVER_LOG = 64, 8  # KB, as it is registered
ROTATED = {"trace.log.1", "server.log.old"}


@pytest.fixture
def small(make_resource: MakeResource, server: Server) -> Resource:
    """A resource with the smallest trace, and little more of the server's log."""
    return make_resource(
        server, trace_max_file_size=TRACE, server_log_max_file_size=SERVER_LOG
    )


def sizes(resource: Resource) -> dict[str, int]:
    """Return what lies in the work directory, with its size."""
    return {path.name: path.stat().st_size for path in resource.work.iterdir()}


def around(resource: Resource) -> set[str]:
    """Return what lies in the registry, and of this resource under /run."""
    run = Path(registry.run_path(str(resource.registry), resource.name))
    entries = run.parent.glob(f"{run.name}*") if run.parent.exists() else ()
    return {str(path) for path in [*resource.registry.rglob("*"), *entries]}


def beacon(resource: Resource) -> str:
    """Return the one file under /run that is there or not, by who has ended last."""
    return registry.beacon_path(str(resource.registry), resource.name)


def once(resource: Resource, checks: int) -> None:
    """Online, Checks and Offline."""
    assert resource.online().returncode == 0
    for _ in range(checks):
        assert resource.check() == ONLINE
    assert resource.offline().returncode == 0
    assert resource.check() == OFFLINE


def goes_on(resource: Resource, rounds: int, checks: int) -> dict[str, int]:
    """Do *rounds* with *checks* each; return the sizes at the end."""
    once(resource, checks)
    first, places = sizes(resource), around(resource)
    one_run = first["server.log"]
    for _ in range(rounds - 1):
        once(resource, checks)
        now = sizes(resource)
        traces = now["trace.log"], now.get("trace.log.1", 0)
        assert max(traces) <= TRACE * KB
        logs = now["server.log"], now.get("server.log.old", 0)
        assert max(logs) <= SERVER_LOG * KB + 2 * one_run
        assert set(now) - ROTATED == set(first)
    assert around(resource) <= places | {beacon(resource)}
    now = sizes(resource)
    for name in set(first) - {"trace.log", "server.log"}:
        assert now[name] == first[name], name
    return now


def test_a_few_rounds_leave_what_the_first_has_left(small: Resource) -> None:
    goes_on(small, 4, 10)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_checks_and_two_hundred_rounds(small: Resource) -> None:
    now = goes_on(small, 200, 50)

    assert set(now) >= ROTATED, "both were rotated, or nothing was shown"
