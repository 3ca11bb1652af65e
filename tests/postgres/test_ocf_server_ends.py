"""ocf:pgx:pgsql where a server ends while a monitor action looks at it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.processes import kill, wait_until
from pgx_pclrsc import record as records
from tests.fix_resource import Resource
from tests.postgres.ocf_calls import GENERIC, NOT_RUNNING, SUCCESS, code, variables

pytestmark = pytest.mark.one_postgres


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Have processes stand still."""
    for pid in pids:
        kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            kill(pid, signal.SIGCONT)


@pytest.fixture
def restarted(resource: Resource) -> int:
    """A server that was restarted by hand while no manager asked: the old one is Faulted."""
    assert code(resource, "start") == SUCCESS
    resource.server.stop()
    resource.wait_for_record(records.FAULTED)
    return resource.server.start_plain()


def wait_for_monitor(resource: Resource, server: int, state: str) -> None:
    """Return once a monitor has taken on *server*, and recorded *state*."""

    def taken_on() -> bool:
        try:
            found = resource.record()
        except records.Garbled:
            return False
        return found is not None and (found.postmaster, found.state) == (server, state)

    wait_until(taken_on, f"the record of {server} says {state}")


def test_one_that_was_restarted_and_ends_before_it_has_answered_is_a_fault(
    resource: Resource, restarted: int
) -> None:
    """As it may be killed just after maintenance-mode: the reason is told all the same."""
    with stopped(restarted):
        action = resource.start("pgx_ocf", "monitor", env=variables(resource, {}))
        wait_for_monitor(resource, restarted, records.STARTING)
        kill(restarted)
    told = action.communicate(timeout=60)[1]

    assert action.returncode == GENERIC
    assert f'ocf-exit-reason:resource "{resource.name}" is faulted' in told
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


def test_one_that_was_started_by_hand_and_ends_once_it_has_answered_is_a_fault(
    resource: Resource,
) -> None:
    """The action stands still in between, and finds no server any more."""
    server = resource.server.start_plain()
    with stopped(server):
        action = resource.start("pgx_ocf", "monitor", env=variables(resource, {}))
        wait_for_monitor(resource, server, records.STARTING)
        with stopped(action.pid):
            kill(server, signal.SIGCONT)
            wait_for_monitor(resource, server, records.ONLINE)
            kill(server)
            resource.wait_for_record(records.FAULTED)
    told = action.communicate(timeout=60)[1]

    assert action.returncode == GENERIC
    assert f'ocf-exit-reason:resource "{resource.name}" is faulted' in told
