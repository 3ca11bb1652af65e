"""pgx_check beside a real server, monitor and scripts: never a wrong answer, never a wait."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_pclrsc import runentry
from pgx_pclrsc.record import Garbled
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource, Resource


class Poller:
    """Asks every 20 ms, in a thread, and keeps each answer with the CPU time it took."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answers: list[int] = []
        self.cpu: list[float] = []
        self.output: list[bytes] = []

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self._ask()

    def _ask(self) -> None:
        child = subprocess.Popen(
            [command("pgx_check"), self._resource.name],
            env=self._resource.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert child.stdout is not None
        with child.stdout:
            self.output.append(child.stdout.read())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.answers.append(child.returncode)
        self.cpu.append(usage.ru_utime + usage.ru_stime)

    def __enter__(self) -> Poller:
        self._thread.start()
        try:
            wait_until(lambda: self.answers, "a first answer")
        except TimeoutError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def changes(self) -> list[int]:
        """Return the answers without repetitions."""
        return [answer for answer, _ in itertools.groupby(self.answers)]


def test_never_a_wrong_answer_across_a_life(resource: Resource) -> None:
    """Online, a second Online, an adoption, a monitor's restart, an Offline."""
    with Poller(resource) as first:
        assert resource.online().returncode == 0
    with Poller(resource) as running:
        assert resource.online().returncode == 0
        resource.kill_monitor()
        assert resource.online().returncode == 0
        resource.kill_monitor()
        wait_until(resource.monitor, "a Check has started a monitor")
    with Poller(resource) as last:
        assert resource.offline().returncode == 0

    assert first.changes() in ([OFFLINE], [OFFLINE, ONLINE])
    assert running.changes() == [ONLINE]
    assert last.changes() in ([ONLINE], [ONLINE, OFFLINE], [OFFLINE])
    assert resource.check() == OFFLINE
    assert max(first.cpu + running.cpu + last.cpu) < 0.25
    assert set(first.output + running.output + last.output) == {b""}


@pytest.mark.one_postgres
def test_a_killed_monitor_is_replaced_by_a_check(resource: Resource) -> None:
    resource.online()
    before = resource.known()
    resource.kill_monitor()

    resource.wait_for_monitor()
    wait_until(
        lambda: resource.monitor() not in (None, before.monitor), "a new one runs"
    )
    after = resource.wait_for_record("online")
    assert (after.postmaster, after.start) == (before.postmaster, before.start)


@pytest.mark.one_postgres
def test_a_stopped_monitor_is_ended_and_replaced(resource: Resource) -> None:
    resource.online()
    before = resource.signal_monitor(signal.SIGSTOP)
    wait_until(lambda: resource.check() != ONLINE or gone(before), "a new one", 60, 0.5)

    assert resource.check() == ONLINE
    wait_until(lambda: resource.monitor() not in (None, before), "the new one writes")


@pytest.mark.one_postgres
def test_a_server_that_has_ended_is_a_fault_before_anybody_says_so(
    resource: Resource,
) -> None:
    """The record says Online and is fresh, and its monitor cannot take it back."""
    resource.online()
    monitor = resource.signal_monitor(signal.SIGSTOP)
    postmaster = resource.known().postmaster
    kill(postmaster)
    wait_until(lambda: gone(postmaster), "the postmaster has ended")

    assert resource.check() == FAULTED
    kill(monitor)


@pytest.mark.one_postgres
def test_a_check_starts_at_most_one_monitor_in_ten_seconds(resource: Resource) -> None:
    """When the last start was stands in monitor.lock."""
    resource.online()
    resource.kill_monitor()
    for _ in range(5):
        _last_start(resource, seconds_ago=2)
        assert resource.check() == ONLINE
    _last_start(resource, seconds_ago=0)  # the last Check may look so much later
    time.sleep(0.5)
    assert not resource.monitor_runs()

    _last_start(resource, seconds_ago=10)
    resource.wait_for_monitor()


def _last_start(resource: Resource, seconds_ago: int) -> None:
    when = proc.monotonic_ms() - 1000 * seconds_ago
    with (resource.work / "monitor.lock").open("r+") as file:
        file.write(f"{proc.boot_id()} {when}".ljust(63) + "\n")


def test_a_server_started_by_hand_is_adopted(
    resource: Resource, server: Server
) -> None:
    pid = server.start_plain()

    assert resource.check() == OFFLINE
    resource.wait_for(ONLINE)
    assert resource.known().postmaster == pid
    assert resource.offline().returncode == 0
    assert gone(pid)


@pytest.mark.one_postgres
def test_a_data_directory_reached_through_a_link_is_adopted(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    real = open_tmp / "home" / "really-here"
    server.data.rename(real)
    server.data.symlink_to(real)
    resource = make_resource(server)
    pid = server.start_plain()
    resource.check()

    resource.wait_for(ONLINE)
    assert resource.known().postmaster == pid


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_lost_registry_is_no_fault_of_the_instance(resource: Resource) -> None:
    """Row 9: the entry under /run names the postmaster."""
    resource.online()
    pid = resource.known().postmaster
    resource.registry.rename(resource.registry.with_suffix(".lost"))

    assert resource.check() == ONLINE
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid), "the postmaster is gone")
    # Faulted where its monitor has said so under /run, which needs no registry.
    wait_until(lambda: resource.check() in (FAULTED, OFFLINE), "Check knows")


@pytest.mark.one_postgres
def test_a_garbled_record_is_no_fault_of_the_instance(resource: Resource) -> None:
    resource.online()
    before = resource.known()
    with (resource.work / "record").open("r+b") as file:
        file.write(b"garbled")

    assert resource.check() == ONLINE
    wait_until(lambda: _readable(resource), "the monitor has written it anew")
    assert resource.known().postmaster == before.postmaster


def _readable(resource: Resource) -> bool:
    try:
        return resource.record() is not None
    except Garbled:
        return False


@pytest.mark.one_postgres
def test_a_lost_work_directory_is_no_fault_of_the_instance(resource: Resource) -> None:
    resource.online()
    shutil.move(resource.work, resource.work.with_suffix(".lost"))

    assert resource.check() == ONLINE


@pytest.mark.one_postgres
def test_what_a_check_leaves_running_keeps_none_of_its_descriptors(
    resource: Resource,
) -> None:
    resource.online()
    resource.kill_monitor()
    reader, writer = os.pipe()
    child = subprocess.Popen(
        [command("pgx_check"), resource.name],
        env=resource.environment(),
        stdin=reader,
        stdout=writer,
        stderr=writer,
        pass_fds=[writer],
    )
    os.close(writer)
    assert child.wait(timeout=60) == ONLINE
    resource.wait_for_monitor()

    assert os.read(reader, 10) == b""  # the end: nobody holds the other side
    os.close(reader)


@pytest.mark.root
@pytest.mark.one_postgres
def test_the_entry_under_run_goes_with_the_instance(resource: Resource) -> None:
    resource.online()
    entry = runentry.read(str(resource.registry), resource.name)
    known = resource.known()
    assert entry is not None
    assert entry[0] == (known.postmaster, known.start)

    resource.offline()
    assert runentry.read(str(resource.registry), resource.name) is None
