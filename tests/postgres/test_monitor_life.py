"""The monitor's own life: killed, stopped, robbed of its files, and started by Check."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.disk import Disk
from fixtures.os_user import plain_environment
from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_agent import record as records
from pgx_pclrsc import names, proc
from tests.fix_postgres import MakeServer
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource, Resource
from tests.postgres.adopted import adopt, monitor_of, stays_online, stopped

pytestmark = pytest.mark.postgres


def new_monitor(resource: Resource, before: int) -> int:
    """Return the PID of another monitor than *before*, which Check has started."""

    def there() -> bool:
        assert resource.check() == ONLINE
        return resource.monitor() not in (None, before)

    wait_until(there, "a new monitor", 25, 0.2)
    return monitor_of(resource)


def forget_the_pause(resource: Resource) -> None:
    """Let Check start a monitor at once: it does so once in 10 s."""
    os.pwrite(lock(resource), names.blank(names.LOCK_SIZE), 0)


def lock(resource: Resource) -> int:
    return os.open(resource.work / names.MONITOR_LOCK, os.O_RDWR | os.O_CLOEXEC)


def test_a_killed_monitor_is_replaced(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    before = resource.known()
    kill(before.monitor)
    wait_until(lambda: gone(before.monitor), "it is gone")
    forget_the_pause(resource)

    new_monitor(resource, before.monitor)

    assert resource.known().generation == before.generation
    assert resource.known().postmaster == pid
    kill(pid)
    resource.wait_for_record("faulted", 5)


def test_a_stopped_monitor_faults_nobody(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server, response_timeout=1, timeout_retry_count=0)
    monitor = monitor_of(resource)
    with stopped(monitor):
        time.sleep(5)

    stays_online(resource, 3)
    assert monitor_of(resource) == monitor
    assert "failed" not in resource.trace()


@pytest.mark.one_postgres
def test_a_monitor_that_hangs_is_replaced(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    os.kill(monitor, signal.SIGSTOP)

    new_monitor(resource, monitor)

    wait_until(lambda: gone(monitor), "the hung one was ended")


def test_sigterm_ends_it_and_leaves_the_record(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    before = resource.known()

    kill(before.monitor, signal.SIGTERM)

    wait_until(lambda: gone(before.monitor), "it has ended", 2)
    assert resource.known().state == "online"
    assert resource.known().generation == before.generation


@pytest.mark.parametrize("how", ["unlinked", "replaced"])
def test_it_ends_when_its_lock_file_is_lost(
    make_resource: MakeResource, server: Server, how: str
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    path = resource.work / names.MONITOR_LOCK
    path.unlink()
    if how == "replaced":
        path.write_text("")
        server.user.own(path)

    wait_until(lambda: gone(monitor), "it has ended", 5)

    assert new_monitor(resource, monitor) != monitor


def test_it_ends_when_the_record_is_anothers(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    fresh = records.Record(records.new_generation(), proc.boot_id())
    fd = os.open(resource.work / names.RECORD, os.O_RDWR)
    records.write(fd, fresh)
    os.close(fd)

    wait_until(lambda: gone(monitor), "it has ended", 5)

    assert resource.known().generation == fresh.generation
    assert resource.known().state == "none"


def test_a_record_that_was_removed_is_written_anew(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    before = resource.known()

    (resource.work / names.RECORD).unlink()

    resource.wait_for_record("online", 5)
    assert resource.known().generation == before.generation


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_link_to_a_file_of_roots_is_not_written_through(
    make_resource: MakeResource, server: Server, tmp_path: Path
) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    target = tmp_path / "target"
    target.write_text("untouched")
    for name in (names.RECORD, names.TRACE):
        (resource.work / name).unlink()
        (resource.work / name).symlink_to(target)
    time.sleep(2.5)

    assert target.read_text() == "untouched"
    assert resource.check() == ONLINE


@pytest.mark.one_postgres
def test_a_fifo_holds_nobody_up(make_resource: MakeResource, server: Server) -> None:
    pid = server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    for name in (names.RECORD, names.TRACE):
        (resource.work / name).unlink()
        os.mkfifo(resource.work / name)
        server.user.own(resource.work / name)
    time.sleep(2.5)

    assert resource.check() == ONLINE
    assert not gone(monitor)
    kill(pid)
    wait_until(lambda: gone(monitor), "the monitor has seen it", 5)


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """Mount a file system of 256 KB at *path*."""
    path.mkdir(mode=0o755)
    options = ["-o", "size=256k,mode=0755"]
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_full_work_directory(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """The record has its blocks from the day of registration, or none could be had now."""
    pid = server.start_plain()
    work = open_tmp / "home" / "work-pgxtest"
    with small_disk(work):
        server.user.own(work)
        work.chmod(0o700)
        resource = adopt(make_resource, server)
        with (work / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass
        stays_online(resource, 2)

        kill(pid)

        resource.wait_for_record("faulted", 5)
        assert resource.check() == FAULTED


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_frozen_file_system_holds_the_monitor_up_no_more_than_a_moment(
    make_resource: MakeResource, disk: Disk, server_on_disk: Callable[..., Server]
) -> None:
    """What it reads of the data directory waits for no write, not even of an access time."""
    server = server_on_disk()
    server.start_plain()
    resource = adopt(make_resource, server)
    disk.freeze()
    try:
        before = resource.known().good_until
        wait_until(lambda: resource.known().good_until > before + 3000, "fresh", 10)
        assert resource.check() == ONLINE
    finally:
        disk.thaw()
    stays_online(resource, 2)


def test_it_keeps_little_open(make_resource: MakeResource, server: Server) -> None:
    """The guard of the server that it has adopted is all it has of the data directory."""
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)

    # It says its first word only after the record.
    wait_until(
        lambda: not held(monitor, "pipe:"), "the pipe to its starter is closed", 5
    )
    assert held(monitor, str(server.data)) == [f"{server.data}/PG_VERSION"]
    assert proc.cwd(monitor) == "/"
    shown = proc.cmdline(monitor)
    assert any(word.endswith("pgx_monitor") for word in shown)
    assert resource.name in shown


def held(pid: int, prefix: str) -> list[str]:
    """Return what *pid* has open whose name begins with *prefix*."""
    links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
    return [link for link in links if link.startswith(prefix)]


def guarded(server: Server) -> bool:
    """Whether somebody holds the guard."""
    with (server.data / "PG_VERSION").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_it_guards_an_adopted_server(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    assert not guarded(server)

    resource = adopt(make_resource, server)

    assert guarded(server)
    kill(monitor_of(resource))
    wait_until(lambda: not guarded(server), "the guard is free")


@pytest.mark.one_postgres
def test_a_server_that_still_starts_is_waited_for(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server()
    server.configure(restore_command="sleep 1; false", hot_standby="off")
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    server.launch()
    wait_until(lambda: server.status_line() == "starting", "it starts", 20)
    resource = make_resource(server)

    assert resource.check() == OFFLINE
    resource.wait_for_record("starting", 5)
    assert resource.check() == OFFLINE

    resource.wait_for_record("online", 30)
    assert resource.check() == ONLINE


def start_by_hand(
    resource: Resource, *options: str, keep: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run pgx_monitor as its starters do; it returns when it has detached."""
    extra = {"PGX_PCLRSC_HOME": str(resource.registry)}
    return subprocess.run(
        [command("pgx_monitor"), resource.name, *options],
        env=plain_environment(resource.server.user.name) | extra,
        pass_fds=keep,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        **resource.server.user.popen_options(),
    )


def first_word(fd: int, limit: float = 15) -> str:
    ready, _, _ = select.select([fd], [], [], limit)
    assert ready, "no word from the monitor"
    return os.read(fd, 1000).decode()


def test_its_first_word(make_resource: MakeResource, server: Server) -> None:
    pid = server.start_plain()
    resource = make_resource(server)
    reader, writer = os.pipe()

    got = start_by_hand(resource, f"--ready-fd={writer}", keep=(writer,))
    os.close(writer)

    assert (got.returncode, got.stdout, got.stderr) == (0, "", "")
    start = (proc.read_stat(pid) or ("", 0, 0))[2]
    assert first_word(reader) == f"online {pid} {start}\n"
    assert first_word(reader) == ""
    os.close(reader)


def test_its_first_word_of_a_silent_server(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = make_resource(server, response_timeout=1, timeout_retry_count=0)
    reader, writer = os.pipe()
    with stopped(pid):
        start_by_hand(resource, f"--ready-fd={writer}", keep=(writer,))
        os.close(writer)

        assert first_word(reader).startswith("faulted no answer within 1 s")
    os.close(reader)


def test_a_monitor_that_online_tells_nothing_ends(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = make_resource(server)
    told, tell = os.pipe()
    reader, writer = os.pipe()

    options = ["--by=online", f"--wait-fd={told}", f"--ready-fd={writer}"]
    start_by_hand(resource, *options, keep=(told, writer))
    os.close(told)
    os.close(writer)
    os.close(tell)

    assert first_word(reader) == ""
    os.close(reader)


@pytest.mark.one_postgres
def test_a_second_monitor_ends(make_resource: MakeResource, server: Server) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    reader, writer = os.pipe()

    start_by_hand(resource, f"--ready-fd={writer}", keep=(writer,))
    os.close(writer)

    assert first_word(reader) == ""
    os.close(reader)
    assert monitor_of(resource) == monitor


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--by=nobody"],
        ["--nosuch=1"],
        ["--by"],
        ["--ready-fd=x"],
        ["--by=check"] * 2,
    ],
)
@pytest.mark.one_postgres
def test_wrong_usage(
    make_resource: MakeResource, server: Server, arguments: list[str]
) -> None:
    resource = make_resource(server)
    if not arguments:
        resource.name = "1a"

    got = start_by_hand(resource, *arguments)

    assert got.returncode == 1
    assert got.stderr.startswith("pgx_monitor: error: usage: pgx_monitor NAME")


@pytest.mark.root
@pytest.mark.one_postgres
def test_nobody_else_may_run_it(make_resource: MakeResource, server: Server) -> None:
    resource = make_resource(server)

    got = resource.run("pgx_monitor", resource.name)

    assert got.returncode == 1
    assert "must be run as the OS user of the resource" in got.stderr
