"""Whatever the caller is like, server and monitor are ordinary processes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_resource import ONLINE, MakeResource, Resource

Prepare = Callable[[], object]


def _ignore_children() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _block_everything() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))


def _real_time() -> None:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))


def _protected() -> None:
    """Be what the OOM killer spares; root without CAP_SYS_RESOURCE can be the opposite."""
    score = Path("/proc/self/oom_score_adj")
    try:
        score.write_text("-1000")
    except PermissionError:
        score.write_text("500")


CALLERS: dict[str, Prepare] = {
    "SIGCHLD ignored": _ignore_children,
    "signals blocked": _block_everything,
    "umask 000": lambda: os.umask(0),
    "umask 777": lambda: os.umask(0o777),
    "nice": lambda: os.nice(5),
}
ROOTS: dict[str, Prepare] = {"real-time class": _real_time, "OOM score": _protected}


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines}


def is_ordinary(pid: int, *, nice: int = 0) -> bool:
    """Whether scheduling, OOM score, umask and signals of *pid* are what they should be."""
    status = _status(pid)
    ignored = int(status["SigIgn"], 16)
    return (
        os.sched_getscheduler(pid) == os.SCHED_OTHER
        and os.getpriority(os.PRIO_PROCESS, pid) == nice
        and Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "0"
        and status["Umask"] == "0077"
        and not ignored & (1 << (signal.SIGCHLD - 1))
    )


def _check(resource: Resource, *, nice: int = 0) -> None:
    found = resource.known()
    monitor = resource.monitor()
    assert monitor is not None
    assert is_ordinary(found.postmaster, nice=nice)
    assert is_ordinary(monitor, nice=nice)
    assert int(_status(monitor)["SigBlk"], 16) == 0
    assert _standard_descriptors(monitor) == {"/dev/null"}
    assert (resource.work / "record").stat().st_mode & 0o777 == 0o600
    assert (resource.work / "server.log").stat().st_mode & 0o777 == 0o600


def _standard_descriptors(pid: int) -> set[str]:
    return {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)}


def _online(resource: Resource, prepare: Prepare) -> None:
    result = subprocess.run(
        [command("pgx_online"), resource.name],
        env=resource.environment(),
        preexec_fn=prepare,
        capture_output=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("prepare", CALLERS.values(), ids=CALLERS.keys())
@pytest.mark.one_postgres
def test_callers_of_every_kind(resource: Resource, prepare: Prepare) -> None:
    _online(resource, prepare)
    # An ordinary user cannot undo a nice value.
    nice = 5 if prepare is CALLERS["nice"] and os.geteuid() else 0

    _check(resource, nice=nice)
    assert resource.offline().returncode == 0


@pytest.mark.root
@pytest.mark.one_postgres
@pytest.mark.parametrize("prepare", ROOTS.values(), ids=ROOTS.keys())
def test_what_only_root_can_be(resource: Resource, prepare: Prepare) -> None:
    _online(resource, prepare)

    _check(resource)


@pytest.mark.one_postgres
def test_closed_standard_descriptors(resource: Resource) -> None:
    script = 'exec "$0" "$@" <&- >&- 2>&-'
    line = ["sh", "-c", script, command("pgx_online"), resource.name]
    result = subprocess.run(line, env=resource.environment(), timeout=60)

    assert result.returncode == 0
    _check(resource)


def _saying_into(writer: int, resource: Resource) -> subprocess.Popen[bytes]:
    """Start pgx_online with *writer* as its output, which is closed here."""
    running = subprocess.Popen(
        [command("pgx_online"), resource.name],
        env=resource.environment(),
        stdout=writer,
        stderr=writer,
        pass_fds=[writer],  # and once more
    )
    os.close(writer)
    return running


@pytest.mark.one_postgres
def test_a_reader_that_leaves(resource: Resource) -> None:
    reader, writer = os.pipe()
    running = _saying_into(writer, resource)
    os.close(reader)

    assert running.wait(60) == 0


@pytest.mark.one_postgres
def test_output_ends_with_the_script(resource: Resource) -> None:
    """RMS reads it to its end: nothing that is left running may keep it open."""
    reader, writer = os.pipe()
    running = _saying_into(writer, resource)
    with open(reader, "rb") as pipe:
        said = pipe.read()

    assert running.wait(60) == 0
    assert b"is Online" in said


@pytest.mark.one_postgres
def test_a_working_directory_that_is_gone(resource: Resource, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    script = 'cd "$1" && rmdir "$1" && exec "$2" "$3"'
    line = ["sh", "-c", script, "sh", str(here), command("pgx_online"), resource.name]
    result = subprocess.run(line, env=resource.environment(), timeout=60)

    assert result.returncode == 0
    assert os.readlink(f"/proc/{resource.monitor()}/cwd") == "/"


@pytest.mark.one_postgres
def test_called_by_a_relative_path(resource: Resource) -> None:
    program = Path(command("pgx_online"))
    result = subprocess.run(
        [f"./{program.name}", resource.name],
        env=resource.environment(),
        cwd=program.parent,
        timeout=60,
    )

    assert result.returncode == 0
    assert resource.check() == ONLINE


@pytest.mark.one_postgres
def test_an_empty_environment(resource: Resource) -> None:
    """Only the registry's place is told, as it is not the default one here."""
    result = subprocess.run(
        [command("pgx_online"), resource.name],
        env={"PGX_PCLRSC_HOME": str(resource.registry)},
        cwd="/",
        timeout=60,
    )

    assert result.returncode == 0
    assert resource.check() == ONLINE


def traps(path: Path) -> dict[str, str]:
    """Return an environment in which every variable leads astray, as root's may."""
    path.mkdir()
    for name in ("postgres", "pg_ctl", "psql", "sh", "python3"):
        (path / name).write_text(f"#!/bin/sh\ntouch {path}/sprung\nexit 1\n")
        (path / name).chmod(0o755)
    (path / "site.py").write_text(f"open('{path}/sprung', 'w')\n")
    (path / "trap.so").write_text("not a library")
    return {
        "HOME": "/root",
        "PGHOST": "192.0.2.1",
        "PGPORT": "1",
        "PGUSER": "nosuch",
        "PGPASSFILE": str(path / "passwords"),
        "PGOPTIONS": "-c search_path=trap",
        "PGSERVICE": "nosuch",
        "PGDATABASE": "nosuch",
        "PGDATA": str(path),
        "PYTHONPATH": str(path),
        "PYTHONHOME": str(path),
        "PYTHONSTARTUP": str(path / "site.py"),
        "LD_PRELOAD": str(path / "trap.so"),
        "LANG": "xx_YY.nonsense",
        "LC_ALL": "xx_YY.nonsense",
        "PATH": str(path),
        "TMPDIR": "/nowhere",
    }


def test_a_hostile_environment_reaches_nobody(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """Every child of Online shows its environment: the programs are wrapped."""
    wrapped = open_tmp / "bin"
    seen = open_tmp / "home" / "seen"
    wrapped.mkdir()
    real = server.binaries.path("postgres")
    wrapper = f'#!/bin/sh\n/usr/bin/env >> {seen}\nexec {real} "$@"\n'
    (wrapped / "postgres").write_text(wrapper)
    (wrapped / "postgres").chmod(0o755)
    resource = make_resource(server, bin_dir=wrapped, env="PGTZ=UTC")
    result = resource.online(env=traps(open_tmp / "traps"))
    assert result.returncode == 0, result.stderr
    monitor = resource.monitor()
    assert monitor is not None
    texts = [seen.read_text(), _environ(monitor), _environ(resource.known().postmaster)]

    for text in texts:
        names = {line.partition("=")[0] for line in text.splitlines()}
        assert not names & {
            "LD_PRELOAD",
            "PYTHONPATH",
            "PGHOST",
            "PGPASSFILE",
            "TMPDIR",
        }
        assert "nonsense" not in text
        assert "HOME=/root" not in text
        assert f"USER={server.user.name}" in text
    assert "PGTZ=UTC" in texts[2]
    assert f"PATH={wrapped}:" in texts[2]
    assert not (open_tmp / "traps" / "sprung").exists()


def _environ(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text().replace("\0", "\n")


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_full_file_system_of_the_work_directory(
    resource: Resource, open_tmp: Path
) -> None:
    """Record and locks have their size from the day of registration."""
    script = (
        f"mount -t tmpfs -o size=64k tmpfs {open_tmp}/full &&"
        f" cp -a {resource.work}/. {open_tmp}/full/ &&"
        f" chown --reference={resource.work} {open_tmp}/full && chmod 700 {open_tmp}/full &&"
        f" mount --bind {open_tmp}/full {resource.work} &&"
        f" dd if=/dev/zero of={resource.work}/fill bs=1k 2>/dev/null; exec sleep 600"
    )
    (open_tmp / "full").mkdir()
    holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", script])
    try:
        inside = ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt"]
        full = [*inside, "test", "-s", str(resource.work / "fill")]
        wait_until(lambda: subprocess.run(full).returncode == 0, "it is full")
        for program, code in (("pgx_online", 0), ("pgx_check", 0), ("pgx_offline", 0)):
            result = subprocess.run(
                [*inside, command(program), resource.name],
                env=resource.environment(),
                capture_output=True,
            )
            assert result.returncode == code, result.stderr
    finally:
        holder.kill()
        holder.wait()
