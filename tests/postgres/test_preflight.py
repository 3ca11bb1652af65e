"""`pgx_pclrsc --check` on a real instance: it runs, is stopped, is not mounted, or hangs."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.hung_disk import HungDisk
from fixtures.processes import kill, wait_until
from fixtures.server import Server
from tests.fix_preflight import Node, levels
from tests.fix_resource import MakeResource, Resource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]

# What the test's own disk lacks.
LACKS = {"multi_mount"}


def _tree(*tops: Path) -> dict[str, tuple[int, int, int]]:
    """Return size, time and mode of everything below *tops*; access times do not count."""
    found = {}
    for top in tops:
        for path in [top, *top.rglob("*")]:
            it = path.lstat()
            if stat.S_ISREG(it.st_mode) or stat.S_ISDIR(it.st_mode):
                found[str(path)] = (it.st_size, it.st_mtime_ns, it.st_mode)
    return found


def test_it_is_right_whether_the_instance_runs_is_stopped_or_is_not_mounted(
    node: Node,
) -> None:
    tops = (node.server.data, node.resource.work, node.resource.registry)
    node.server.start_plain()
    code, found = node.check()
    assert levels(found, "error") == {}
    assert set(levels(found, "warning")) <= LACKS
    assert code == 0
    assert found["answers"] == [
        ("ok", "SELECT 1 in template1 is answered"),
        ("ok", "SELECT 1 in postgres is answered"),
    ]
    assert found["port_free"] == [("ok", "the instance runs here and has them")]

    node.server.stop()
    before = _tree(*tops)
    code, found = node.check()
    assert levels(found, "error") == {}
    assert code == 0
    assert "does not run" in found["answers"][0][1]
    assert _tree(*tops) == before, "it changes nothing"

    node.disk.unmount("-l")
    code, found = node.check()
    assert levels(found, "error") == {}
    assert code == 0
    away = f"not seen: {node.disk.point} is not mounted on this node"
    assert found["data_directory"] == [("ok", away)]
    assert found["restart_after_crash"] == [("ok", away)]


def test_what_is_wrong_is_told_with_its_section_and_a_hint(
    node: Node, open_tmp: Path
) -> None:
    node.server.configure(
        restart_after_crash="on",
        log_directory="/nowhere/log",
        shared_preload_libraries="not_there",
        ssl="on",
        ssl_cert_file="gone.crt",
    )
    (node.etc / "services").write_text("ssh 22/tcp\n")
    (node.etc / "fstab.pcl").unlink()
    done = node.run("--check", "-c", node.resource.name)

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    for said in (
        "error   2.3.7   restart_after_crash: restart_after_crash is on (set in postgresql.conf",
        "error   2.3.7   named_paths: log_directory = /nowhere/log: No such file",
        f"error   2.3.7   named_paths: ssl_cert_file = {node.server.data}/gone.crt: No such",
        "error   2.3.7   preload_libraries: shared_preload_libraries names not_there",
        f"error   2.3.7   services: /etc/services has no TCP port {node.server.port}",
        "warning 2.3.4   fstab: no line of fstab.pcl",
    ):
        at = [n for n, line in enumerate(lines) if line.startswith(said)]
        assert at, done.stdout
        assert lines[at[0] + 1].strip().startswith("hint: ")
    _root_reads_nothing_through_a_link(node, open_tmp)


def _root_reads_nothing_through_a_link(node: Node, open_tmp: Path) -> None:
    secret = open_tmp / "roots-own.conf"
    secret.write_text("log_directory = '/of/root/alone'\n")
    secret.chmod(0o600)
    conf = node.server.data / "postgresql.conf"
    conf.unlink()
    conf.symlink_to(secret)
    told, _ = node.told()

    assert "/of/root/alone" not in str(told)
    assert "Permission denied" in str(told["facts"]["configuration"])


def test_a_password_that_is_asked_for_is_an_error_and_never_waited_for(
    make_resource: MakeResource, server: Server
) -> None:
    (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    server.launch()
    wait_until(lambda: server.status_line() == "ready", "it is ready")
    resource = make_resource(server)
    done = resource.run("pgx_pclrsc", "--check", "-c", resource.name, limit=60)

    assert done.returncode == 1
    line = f"{server.sockets}:{server.port}:template1:"
    assert f"a password is asked for, and .pgpass has none for {line}" in done.stdout


@contextmanager
def _hung(point: Path) -> Iterator[None]:
    disk = HungDisk(point)
    try:
        disk.hang()
        try:
            disk.mount()
        except OSError as ex:
            pytest.skip(f"no FUSE: {ex}")
        yield
    finally:
        disk.remove()


def test_a_server_that_is_frozen_is_told_in_the_monitors_own_time(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = make_resource(server, response_timeout=1)
    kill(pid, signal.SIGSTOP)
    try:
        done = resource.run("pgx_pclrsc", "--check", "-c", resource.name, limit=60)
    finally:
        kill(pid, signal.SIGCONT)

    assert "answers: SELECT 1 in template1: no answer within 1 s" in done.stdout
    assert done.returncode == 1


def test_it_comes_to_an_end_with_disks_and_user_database_hanging(
    node: Node, open_tmp: Path
) -> None:
    """Each has its own line, and its own time; all else is judged as ever."""
    node.hangs = True
    os.mkfifo(open_tmp / "hangs")
    node.more += [
        f"mount --bind {open_tmp}/hangs /etc/{n}" for n in ("passwd", "group")
    ]
    with _hung(node.server.data), _hung(node.resource.work):
        code, found = node.check()

    assert code == 1
    level, why = found["data_directory"][0]
    assert level == "error"
    assert "no answer within 5 s; it waits in the kernel at" in why
    assert found["user"][0][0] == "warning"
    assert found["services"][0][0] == "warning"
    assert found["work_directory"][0][0] == "error"
    assert found["programs"][0][0] == "warning"
    assert found["node"] == [("ok", "this node is one of -n")]


@pytest.mark.parametrize("user", ["nobody", "owner"])
def test_an_ordinary_user_checks_what_is_his(resource: Resource, user: str) -> None:
    uid = resource.server.user.uid if user == "owner" else 65534
    if user == "nobody" and uid == resource.server.user.uid:
        pytest.skip("only root tells two users apart")
    done = subprocess.run(
        [command("pgx_pclrsc"), "--check", "-c", resource.name],
        env=resource.environment(),
        cwd="/",
        text=True,
        capture_output=True,
        user=uid,
        group=uid if user == "nobody" else resource.server.user.gid,
        extra_groups=[],
    )

    if user == "owner":
        assert "data_directory: an instance of the OS user's" in done.stdout
    else:
        assert "cannot check a resource of OS user" in done.stderr
        assert done.stdout == ""
    assert done.returncode == 1  # its disk is no shared one
