"""A resource that is removed and registered anew has no part in what was before."""

from __future__ import annotations

import shutil
import signal

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_pclrsc import runentry
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, OPTIONS, Resource

pytestmark = pytest.mark.one_postgres


def _register(resource: Resource) -> None:
    where = {"bin_dir": resource.server.binaries.directory}
    result = resource.register(**OPTIONS | where)
    assert result.returncode == 0, result.stderr


def _fault(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    kill(pid)
    wait_until(lambda: gone(pid), "the postmaster is gone")
    resource.wait_for_record("faulted")
    wait_until(lambda: not resource.monitor_runs(), "its monitor has ended")


def test_a_fault_does_not_survive(resource: Resource) -> None:
    _fault(resource)
    assert resource.check() == FAULTED
    wait_until(
        lambda: resource.run("pgx_pclrsc", "-d", "-c", resource.name).returncode == 0,
        "it is removed: what the postmaster has left has ended",
    )
    _register(resource)

    assert resource.check() == OFFLINE
    assert runentry.read(str(resource.registry), resource.name) is None
    assert resource.online().returncode == 0
    assert resource.check() == ONLINE


@pytest.mark.parametrize("number", [signal.SIGCONT, signal.SIGSTOP])
def test_one_that_runs_goes_on(resource: Resource, number: int) -> None:
    """Its registry was lost; the record is that of the server that runs."""
    assert resource.online().returncode == 0
    before = resource.known()
    kill(before.postmaster, number)
    shutil.rmtree(resource.registry / resource.name)
    _register(resource)

    assert resource.check() == ONLINE
    after = resource.known()
    assert (after.postmaster, after.generation) == (
        before.postmaster,
        before.generation,
    )
    kill(before.postmaster, signal.SIGCONT)
    assert resource.offline().returncode == 0
