"""pgx_offline as RMS may call it: usage, callers, and what they hand on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_base import locks
from pgx_pclrsc.core import names
from tests.fix_registry import Registry

DONE = 'pgx_offline: info: instance "pg1" is Offline\n'


def offline(
    registry: Registry, *args: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run pgx_offline to its end, and to the end of its output."""
    given: dict[str, Any] = {"env": registry.environment(), "cwd": "/"}
    return subprocess.run(
        [command("pgx_offline"), *args],
        text=True,
        capture_output=True,
        timeout=60,
        **given | options,
    )


def test_the_standby_is_offline(registered: Registry) -> None:
    """The data directory is not mounted, and nothing runs."""
    result = offline(registered, "pg1")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", DONE)


@pytest.mark.parametrize("name", ["pg2", "PG1", "", "../pg1", "pg1\n", "ü"])
def test_an_unknown_name(registered: Registry, name: str) -> None:
    result = offline(registered, name)

    assert result.returncode == 1
    assert "does not exist" in result.stderr
    assert result.stderr.count("\n") == 2


@pytest.mark.root
def test_a_third_user_is_refused(registered: Registry) -> None:
    result = offline(registered, "pg1", user=4711, group=4711, extra_groups=[])

    assert result.returncode == 1
    assert "must be run as root or as OS user" in result.stderr


@pytest.mark.root
def test_the_os_user_may(registered: Registry, os_user: OsUser) -> None:
    result = offline(registered, "pg1", **os_user.popen_options())

    assert (result.returncode, result.stderr) == (0, DONE)


def test_an_almost_empty_environment(registered: Registry) -> None:
    result = offline(registered, "pg1", env={"PGX_PCLRSC_HOME": str(registered.root)})

    assert (result.returncode, result.stderr) == (0, DONE)


def test_no_environment_at_all() -> None:
    """The default registry does not have it, or cannot be read; neither is a crash."""
    result = subprocess.run(
        [command("pgx_offline"), "nosuch"], env={}, capture_output=True, text=True
    )

    assert result.returncode == 1
    assert "internal error" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors(registered: Registry, closed: str) -> None:
    result = subprocess.run(
        ["sh", "-c", f'"$0" pg1 {closed}', command("pgx_offline")],
        env=registered.environment(),
        capture_output=True,
        text=True,
    )

    assert result.returncode == 0, result.stderr
    assert result.stderr == ("" if "2>&-" in closed else DONE)
    assert offline(registered, "pg1").returncode == 0


def test_a_deleted_working_directory(registered: Registry, tmp_path: Path) -> None:
    where = tmp_path / "gone"
    where.mkdir()
    result = subprocess.run(
        ["sh", "-c", 'rmdir "$1" && "$0" pg1', command("pgx_offline"), where],
        env=registered.environment(),
        cwd=where,
        capture_output=True,
        text=True,
    )

    assert (result.returncode, result.stderr) == (0, DONE)


@pytest.fixture
def locked(registered: Registry) -> Iterator[Registry]:
    """Somebody else has the transition lock, and keeps it."""
    fd = os.open(registered.work / names.TRANSITION_LOCK, os.O_RDWR)
    assert locks.take(fd, locks.EXCLUSIVE)
    yield registered
    os.close(fd)


def _hostile() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    os.umask(0)


def test_a_caller_that_ignores_its_children(registered: Registry) -> None:
    result = offline(registered, "pg1", preexec_fn=_hostile)

    assert (result.returncode, result.stderr) == (0, DONE)
    assert (registered.work / "trace.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.alone
def test_the_verdict_comes_in_time_and_is_1(registry: Registry) -> None:
    """Two seconds before RMS would kill it; SIGCHLD ignored must not make it 0."""
    assert registry.add(None, "--offline-timeout=10").returncode == 0
    fd = os.open(registry.work / names.TRANSITION_LOCK, os.O_RDWR)
    assert locks.take(fd, locks.EXCLUSIVE)
    began = time.monotonic()
    result = offline(registry, "pg1", preexec_fn=_hostile)
    took = time.monotonic() - began
    os.close(fd)

    assert result.returncode == 1
    assert "could not get the transition lock" in result.stderr
    assert 6 < took < 10


def test_sigterm_ends_it_while_it_waits(locked: Registry) -> None:
    process = subprocess.Popen(
        [command("pgx_offline"), "pg1"],
        env=locked.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    trace = locked.work / "trace.log"
    wait_until(
        lambda: trace.exists() and "waiting for" in trace.read_text(), "it waits"
    )
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)

    # The second where the parent has not come so far as to handle it.
    said = process.returncode == 1 and "was ended by signal 15" in errors
    assert said or process.returncode == -signal.SIGTERM


def test_root_writes_nothing_into_the_work_directory(
    registered: Registry, os_user: OsUser
) -> None:
    offline(registered, "pg1")
    owners = {path.name: path.stat().st_uid for path in registered.work.iterdir()}

    assert set(owners.values()) == {os_user.uid}
    assert "trace.log" in owners


def test_the_interpreter_is_isolated(registered: Registry, tmp_path: Path) -> None:
    """PYTHONPATH and PYTHONSTARTUP of root's environment are traps."""
    (tmp_path / "os.py").write_text("raise SystemExit(99)")
    traps = {"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "os.py")}
    result = offline(registered, "pg1", env=registered.environment() | traps)

    assert (result.returncode, result.stderr) == (0, DONE)
