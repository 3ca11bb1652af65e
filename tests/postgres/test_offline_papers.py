"""pgx_offline on an instance whose files are gone, wrong or closed.

postmaster.pid is evidence and not truth: whoever stands in it is touched only when it is
the instance's, and an instance without it is stopped all the same.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.disk import Disk
from fixtures.os_user import OsUser
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_pclrsc import runentry
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, MakeResource, Resource


@pytest.fixture
def unrelated(os_user: OsUser) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user that has nothing to do with any instance."""
    process = subprocess.Popen(
        ["sleep", "1000"], cwd="/", **os_user.popen_options(), start_new_session=True
    )
    yield process
    process.kill()
    process.wait()


def _pid_file(server: Server) -> Path:
    return server.data / "postmaster.pid"


def _replace_pid(server: Server, pid: int) -> None:
    rest = _pid_file(server).read_text().split("\n")[1:]
    _pid_file(server).write_text("\n".join([str(pid), *rest]))


@pytest.mark.parametrize("started_by", ["online", "hand"])
@pytest.mark.parametrize("what", ["removed", "emptied", "garbled"])
def test_postmaster_pid_is_gone(resource: Resource, started_by: str, what: str) -> None:
    pid = _start(resource, started_by)
    match what:
        case "removed":
            _pid_file(resource.server).unlink()
        case "emptied":
            _pid_file(resource.server).write_text("")
        case _:
            _pid_file(resource.server).write_text("\x00garbled\n")
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert gone(pid)
    assert resource.check() == OFFLINE


def _start(resource: Resource, by: str) -> int:
    if by == "hand":
        return resource.server.start_plain()
    assert resource.online().returncode == 0
    return resource.known().postmaster


def test_an_unrelated_process_in_postmaster_pid_survives(
    resource: Resource, unrelated: subprocess.Popen[bytes]
) -> None:
    pid = resource.server.start_plain()
    _replace_pid(resource.server, unrelated.pid)
    first = resource.offline()
    second = resource.offline()

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert gone(pid)
    assert unrelated.poll() is None


@pytest.mark.one_postgres
def test_an_unrelated_process_in_a_stale_postmaster_pid_survives(
    resource: Resource, unrelated: subprocess.Popen[bytes]
) -> None:
    resource.server.start_plain()
    resource.server.stop(signal.SIGQUIT)
    _pid_file(resource.server).write_text(f"{unrelated.pid}\n{resource.server.data}\n")
    result = resource.offline(env={"HV_OFFLINE_REASON": "FAULT"})

    assert result.returncode == 0, result.stderr
    assert unrelated.poll() is None
    assert _pid_file(resource.server).exists()


@pytest.mark.one_postgres
def test_a_zombie_in_postmaster_pid(
    resource: Resource, unrelated: subprocess.Popen[bytes]
) -> None:
    pid = resource.server.start_plain()
    unrelated.kill()
    wait_until(lambda: gone(unrelated.pid), "it is a zombie")
    _replace_pid(resource.server, unrelated.pid)

    assert resource.offline().returncode == 0
    assert gone(pid)
    assert resource.check() == OFFLINE


@pytest.mark.one_postgres
def test_a_negative_pid_that_runs_nowhere(resource: Resource) -> None:
    """As a standalone backend of another node leaves it: nothing of it is here."""
    (resource.server.data / "postmaster.pid").write_text(
        f"-4194303\n{resource.server.data}\n"
    )
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert (resource.server.data / "postmaster.pid").exists()


@pytest.mark.one_postgres
def test_another_instance_in_postmaster_pid_survives(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    ours, other = make_server("ours"), make_server("other")
    resource = make_resource(ours)
    pid, others = ours.start_plain(), other.start_plain()
    _pid_file(ours).write_bytes(_pid_file(other).read_bytes())
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert (gone(pid), gone(others)) == (True, False)
    assert other.ask("select 1") == "1"


@pytest.mark.one_postgres
def test_a_pid_used_again_is_not_the_recorded_postmaster(
    resource: Resource, unrelated: subprocess.Popen[bytes]
) -> None:
    """The record names a PID that is somebody else's now: its start time tells."""
    assert resource.online().returncode == 0
    resource.server.stop(signal.SIGQUIT)
    wait_until(lambda: not resource.monitor_runs(), "the monitor has ended with it")
    found = resource.known()
    found.postmaster = unrelated.pid
    resource.write_record(found)
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert unrelated.poll() is None


@pytest.mark.one_postgres
def test_a_segment_used_again_is_not_the_recorded_servers(
    resource: Resource, make_server: MakeServer
) -> None:
    """The record names the id of shared memory that is another instance's now."""
    other = make_server("other")
    pid = other.start_plain()
    assert resource.online().returncode == 0
    resource.server.stop(signal.SIGQUIT)
    wait_until(lambda: not resource.monitor_runs(), "the monitor has ended with it")
    found = resource.known()
    found.shmid = int((other.data / "postmaster.pid").read_text().split()[-2])
    resource.write_record(found)
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert not gone(pid)
    assert other.answers()


@pytest.mark.parametrize("started_by", ["online", "hand"])
def test_a_closed_data_directory(resource: Resource, started_by: str) -> None:
    pid = _start(resource, started_by)
    resource.server.data.chmod(0)
    result = resource.offline()
    resource.server.data.chmod(0o700)

    assert result.returncode == 0, result.stderr
    assert gone(pid)


@pytest.mark.one_postgres
@pytest.mark.parametrize("started_by", ["online", "hand"])
def test_a_closed_directory_above(
    make_server: MakeServer, make_resource: MakeResource, started_by: str
) -> None:
    server = make_server("data")
    above = server.data.parent / "above"
    above.mkdir(mode=0o755)
    os.rename(server.data, above / "data")
    server.data = above / "data"
    resource = make_resource(server)
    pid = _start(resource, started_by)
    above.chmod(0)
    result = resource.offline()
    above.chmod(0o755)

    assert result.returncode == 0, result.stderr
    assert gone(pid)


@pytest.mark.one_postgres
def test_postgresql_conf_is_gone(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    (resource.server.data / "postgresql.conf").unlink()
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert gone(pid)


@pytest.mark.one_postgres
def test_the_data_directory_was_renamed(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    resource.server.data.rename(resource.server.data.with_name("renamed"))
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert gone(pid)


@pytest.mark.parametrize("kept", ["record", "entry", "nothing"])
@pytest.mark.root
@pytest.mark.one_postgres
def test_the_file_system_was_unmounted_lazily(
    server_on_disk: Callable[..., Server],
    disk: Disk,
    make_resource: MakeResource,
    kept: str,
) -> None:
    """Record or entry name the postmaster; without both nothing proves whose it is."""
    server = server_on_disk()
    resource = make_resource(server)
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    disk.unmount("-l")
    if kept != "record":
        resource.kill_monitor()
        (resource.work / "record").write_bytes(b"garbled")
    if kept == "nothing":
        runentry.remove(str(resource.registry), resource.name)
    result = resource.offline()

    if kept == "nothing":
        assert result.returncode == 1
        assert f"{pid} (" in result.stderr
        assert not gone(pid)
        kill(pid, signal.SIGINT)
        return
    assert result.returncode == 0, result.stderr
    assert gone(pid)
    assert resource.check() == OFFLINE


@pytest.mark.one_postgres
def test_an_instance_elsewhere_is_no_want_of_proof(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    """The standby's data directory is not mounted, and another instance runs there."""
    ours, other = make_server("ours"), make_server("other")
    resource = make_resource(ours)
    others = other.start_plain()
    shutil.rmtree(ours.data)
    result = resource.offline()

    assert result.returncode == 0, result.stderr
    assert not gone(others)
