"""ocf:pgx:pgsql where a server ends, or another begins, while a monitor action looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_base import proc
from pgx_pclrsc import record as records
from tests.at_call import go_on, standing
from tests.fix_resource import Resource
from tests.postgres.adopted import no_monitor, stopped
from tests.postgres.ocf_calls import GENERIC, NOT_RUNNING, SUCCESS, code, variables

pytestmark = pytest.mark.one_postgres
PROBE, RECURRING = "0", "10000"


@contextmanager
def monitor_at(
    resource: Resource, where: str, interval: str = RECURRING
) -> Iterator[Popen[str]]:
    """Have a monitor action stand still at *where*."""
    env = variables(resource, {"OCF_RESKEY_CRM_meta_interval": interval})
    with standing(where, "pgx_ocf", "monitor", env=env) as action:
        yield action


def told(action: Popen[str]) -> str:
    """Return the reason that *action* gives once it goes on; "" without one."""
    go_on(action)
    lines = action.communicate(timeout=60)[1].splitlines()
    reasons = [line for line in lines if line.startswith("ocf-exit-reason:")]
    return "".join(reasons).removeprefix("ocf-exit-reason:")


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
    said = told(action)

    assert action.returncode == GENERIC
    assert f'resource "{resource.name}" is faulted' in said
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


@pytest.mark.parametrize("interval", [PROBE, RECURRING])
def test_what_an_offline_by_hand_has_stopped_meanwhile_is_no_fault(
    resource: Resource, restarted: int, interval: str
) -> None:
    with (
        stopped(restarted),
        monitor_at(resource, "launch.in_background,look.judge", interval) as action,
    ):
        wait_for_monitor(resource, restarted, records.STARTING)
        assert resource.offline().returncode == 0
        assert code(resource, "monitor") == NOT_RUNNING
        assert told(action) == ""

    assert action.returncode == NOT_RUNNING


def test_one_that_ends_once_it_has_answered_is_a_fault(resource: Resource) -> None:
    """Started by hand; when the action goes on nothing is left of it but the record."""
    server = resource.server.start_plain()
    with monitor_at(resource, "ocf_probe._servers") as action:
        wait_for_monitor(resource, server, records.ONLINE)
        kill(server)
        resource.wait_for_record(records.FAULTED)
        said = told(action)

    assert action.returncode == GENERIC
    assert f'resource "{resource.name}" is faulted' in said


def test_one_that_was_restarted_while_the_action_waits_is_not_said_to_be_stopped(
    resource: Resource,
) -> None:
    """What a probe calls stopped is started elsewhere."""
    assert (code(resource, "start"), code(resource, "stop")) == (SUCCESS, SUCCESS)
    first = resource.server.start_plain()
    with (
        no_monitor(resource),
        monitor_at(resource, "ocf_probe._servers,look.judge", PROBE) as action,
    ):
        kill(first)
        wait_until(lambda: proc.read_stat(first) is None, "the first one is reaped")
        second = resource.server.start_plain()
        said = told(action)

    assert not gone(second)
    assert action.returncode == GENERIC
    assert "has not answered" in said
