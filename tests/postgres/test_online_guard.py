"""The guard keeps a second server off a data directory, also where PID files prove nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from tests.fix_resource import MakeResource, Resource
from tests.postgres.online_runs import online

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

# Another container of the same kernel: its own PIDs and shared memory, the same files.
CONTAINER = ("unshare", "--pid", "--ipc", "--mount", "--fork", "--mount-proc")


@pytest.fixture
def other(resource: Resource, make_resource: MakeResource, open_tmp: Path) -> Resource:
    """The same data directory as another node has registered it, with little patience."""
    server = resource.server
    elsewhere = replace(server)
    node = Resource(
        "pgxtest", elsewhere, open_tmp / "registry2", open_tmp / "home/work2"
    )
    result = node.register(
        watch_interval=1, online_timeout=14, bin_dir=server.binaries.directory
    )
    assert result.returncode == 0, result.stderr
    return node


def in_container(resource: Resource, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pgx_online in namespaces of its own; whatever it leaves there ends with it."""
    process = begun(resource, *words)
    told, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, told, errors)


def begun(resource: Resource, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*CONTAINER, command("pgx_online"), *words, resource.name],
        env=resource.environment(),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def patient(resource: Resource) -> Resource:
    """Give *resource* the time that a start takes on a busy machine."""
    words = ("-m", "-c", resource.name, "--online-timeout=60")
    assert resource.run("pgx_pclrsc", *words).returncode == 0
    return resource


def _is_refused(resource: Resource, other: Resource, pid: int) -> None:
    result = in_container(other)

    assert result.returncode == 1
    assert "is in use on another node or in another container" in result.stderr
    assert f"postmaster.pid names PID {pid}, started " in result.stderr
    assert "pgx_online --break-guard NAME" in result.stderr
    assert not gone(pid)
    assert resource.server.answers()


def test_a_second_online_in_another_container(
    resource: Resource, other: Resource
) -> None:
    _is_refused(resource, other, online(resource))


def test_a_second_online_after_the_monitor_was_killed(
    resource: Resource, other: Resource
) -> None:
    pid = online(resource)
    resource.kill_monitor()

    _is_refused(resource, other, pid)


def test_a_second_online_beside_an_adopted_server(
    resource: Resource, other: Resource
) -> None:
    pid = resource.server.start_plain()
    assert online(resource) == pid

    _is_refused(resource, other, pid)


Hold = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def hold(server: Server) -> Iterator[Hold]:
    """Return a function that starts a program which holds the guard, while *gate* is there."""
    held: list[subprocess.Popen[str]] = []

    def start(gate: Path | None = None) -> subprocess.Popen[str]:
        line = ["flock", str(server.data / "PG_VERSION"), "sh", "-c"]
        held_by = (
            f"while test -e {gate}; do sleep 0.1; done" if gate else "exec sleep 600"
        )
        script = f"echo held; {held_by}"
        process = subprocess.Popen(
            [*line, script], stdout=subprocess.PIPE, text=True, cwd="/"
        )
        held.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in held:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_only_break_guard_starts_past_a_holder(other: Resource, hold: Hold) -> None:
    hold()
    assert "is in use on another node" in in_container(other).stderr
    result = in_container(patient(other), "--break-guard")

    assert result.returncode == 0, result.stderr
    assert "although data directory" in result.stderr


def test_a_dead_nodes_lock_is_waited_for(
    other: Resource, hold: Hold, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    hold(gate)
    waits = begun(patient(other))
    said = "locked from elsewhere, waiting for it"
    wait_until(lambda: said in other.trace(), "it waits")
    assert waits.poll() is None
    gate.unlink()
    _, errors = waits.communicate(timeout=120)

    assert waits.returncode == 0, errors
    assert said in errors


def test_a_holder_on_this_node_is_named_and_left_alone(
    other: Resource, hold: Hold
) -> None:
    process = hold()
    result = other.online(limit=110)  # not the lease, which is 120 s

    assert result.returncode == 1
    assert "is in use by another process" in result.stderr
    assert "sleep 600" in result.stderr
    assert process.poll() is None


def test_break_guard_takes_what_is_free(resource: Resource, other: Resource) -> None:
    assert resource.run("pgx_online", "--break-guard", resource.name).returncode == 0

    assert "is in use on another node" in in_container(other).stderr


def test_the_guard_ends_with_the_last_process_of_the_instance(
    resource: Resource,
) -> None:
    pid = online(resource)
    free = ["flock", "--nonblock", str(resource.server.data / "PG_VERSION"), "true"]
    assert subprocess.run(free).returncode == 1
    resource.kill_monitor()
    assert subprocess.run(free).returncode == 1
    kill(pid)
    wait_until(lambda: gone(pid), "the postmaster is gone")
    assert resource.offline().returncode == 0

    assert subprocess.run(free).returncode == 0


def test_nothing_of_the_guard_outlives_an_offline(resource: Resource) -> None:
    before = (resource.server.data / "PG_VERSION").stat()
    online(resource)
    assert resource.offline().returncode == 0
    after = (resource.server.data / "PG_VERSION").stat()

    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
