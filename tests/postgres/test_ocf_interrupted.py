"""ocf:pgx:pgsql called twice at once, and killed by an operation's time-out and called again."""

from __future__ import annotations

import signal
import time

import pytest

from fixtures.processes import gone, wait_until
from pgx_base import proc
from tests.fix_postgres import MakeServer
from tests.fix_resource import MakeResource, Resource
from tests.postgres.ocf_calls import (
    GENERIC,
    NOT_RUNNING,
    SUCCESS,
    begin,
    code,
    end,
)

pytestmark = pytest.mark.one_postgres
KILLED = [(signal.SIGTERM, signal.SIGKILL), (signal.SIGKILL,)]
WITHIN = 120


def nothing_runs(resource: Resource) -> bool:
    """Whether no process has the data directory for its own."""
    data = str(resource.server.data)
    return (
        not any(data in word for pid in proc.pids() for word in proc.cmdline(pid))
        and not (resource.server.data / "postmaster.pid").exists()
    )


def test_two_starts_start_one_server(resource: Resource) -> None:
    both = [begin(resource, "start"), begin(resource, "start")]

    assert [one.wait(WITHIN) for one in both] == [SUCCESS, SUCCESS]
    assert code(resource, "monitor") == SUCCESS
    assert code(resource, "stop") == SUCCESS
    assert nothing_runs(resource)


@pytest.mark.parametrize("after", [0.0, 0.05, 0.15, 0.3])
def test_a_stop_that_meets_a_start_wins(resource: Resource, after: float) -> None:
    start = begin(resource, "start")
    time.sleep(after)
    stop = begin(resource, "stop")

    assert stop.wait(WITHIN) == SUCCESS
    assert start.wait(WITHIN) in (SUCCESS, GENERIC)
    if code(resource, "monitor") != NOT_RUNNING:  # the start came after the stop
        assert start.returncode == SUCCESS
        assert code(resource, "stop") == SUCCESS
    assert nothing_runs(resource)


def test_a_monitor_while_a_stop_works_says_what_was_found(resource: Resource) -> None:
    """Never a fault, which would be counted; and not stopped before it is."""
    assert code(resource, "start") == SUCCESS
    stop, answers = begin(resource, "stop"), []
    while stop.poll() is None:
        answers.append(code(resource, "monitor"))

    assert stop.returncode == SUCCESS
    assert set(answers) <= {SUCCESS, NOT_RUNNING}
    assert answers == sorted(answers)
    assert code(resource, "monitor") == NOT_RUNNING


def test_two_stops_both_find_that_nothing_is_left(resource: Resource) -> None:
    assert code(resource, "start") == SUCCESS
    both = [begin(resource, "stop"), begin(resource, "stop")]

    assert [one.wait(WITHIN) for one in both] == [SUCCESS, SUCCESS]
    assert nothing_runs(resource)


@pytest.mark.parametrize("numbers", KILLED, ids=["term-kill", "kill"])
@pytest.mark.parametrize("after", [0.02, 0.15, 0.4])
def test_a_start_that_was_killed_is_finished_or_undone_by_the_next_action(
    resource: Resource, numbers: tuple[int, ...], after: float
) -> None:
    for action in ("start", "stop"):
        killed = begin(resource, "start")
        time.sleep(after)
        end(killed, *numbers)

        assert code(resource, action) == SUCCESS
        if action == "start":
            assert code(resource, "monitor") == SUCCESS
            assert code(resource, "stop") == SUCCESS
        assert code(resource, "monitor") == NOT_RUNNING
        assert nothing_runs(resource)


@pytest.mark.parametrize("numbers", KILLED, ids=["term-kill", "kill"])
@pytest.mark.parametrize("after", [0.02, 0.15])
def test_a_stop_that_was_killed_is_finished_by_the_next(
    resource: Resource, numbers: tuple[int, ...], after: float
) -> None:
    assert code(resource, "start") == SUCCESS
    killed = begin(resource, "stop")
    time.sleep(after)
    end(killed, *numbers)

    assert code(resource, "monitor") in (SUCCESS, GENERIC, NOT_RUNNING)
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING
    assert nothing_runs(resource)


def test_a_start_that_was_killed_while_the_server_recovers_is_no_lost_server(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    """It outlives its start; the stop that Pacemaker has follow finds it."""
    server = make_server(restore_command="sleep 100; false", hot_standby="off")
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    resource = make_resource(server)
    start = begin(resource, "start")
    wait_until(lambda: server.status_line() == "starting", "it starts")
    postmaster = int((server.data / "postmaster.pid").read_text().split("\n")[0])

    end(start)

    assert not gone(postmaster)
    assert code(resource, "stop") == SUCCESS
    assert gone(postmaster)


def test_killed_with_its_monitor_too_the_next_monitor_begins_another(
    resource: Resource,
) -> None:
    assert code(resource, "start") == SUCCESS
    resource.kill_monitor()
    end(begin(resource, "monitor"), signal.SIGKILL)

    def another_watches() -> bool:
        assert code(resource, "monitor") == SUCCESS
        return resource.monitor() is not None

    wait_until(another_watches, "another watches", pause=0.15)
    assert code(resource, "monitor") == SUCCESS
