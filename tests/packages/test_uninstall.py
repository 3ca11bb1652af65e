"""Removing an installation: what is ours, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packages.fix_bundle import ROOT, Run, environment, prefix_of

pytestmark = [pytest.mark.root, pytest.mark.packages]


@pytest.fixture
def prefix(open_tmp: Path, run: Run) -> Path:
    """An installation."""
    made = prefix_of(open_tmp)
    assert run(made).returncode == 0
    return made


def test_nothing_is_left_of_it(prefix: Path, run: Run) -> None:
    done = run("--uninstall", prefix)

    assert (done.returncode, done.stderr) == (0, "")
    assert "the registry and the work directories stay" in done.stdout
    assert not prefix.exists()
    assert "nothing is installed" in run("--uninstall", prefix).stderr


@pytest.mark.parametrize("way", ["make", "its own"])
def test_without_the_bundle_and_beside_other_files(prefix: Path, way: str) -> None:
    """As in /usr/local, of which nothing else may go."""
    (prefix / "bin" / "other").write_text("")
    (prefix / "share" / "man").mkdir(exist_ok=True)
    words = [str(prefix / "versions" / "current" / "uninstall")]
    if way == "make":
        words = ["make", "-s", "uninstall", f"PREFIX={prefix}"]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(), text=True, capture_output=True
    )

    assert done.returncode == 0, done.stderr
    left = sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*"))
    assert set(left) <= {"bin", "bin/other", "share", "share/man"}
    assert "bin/other" in left


def test_while_something_runs_it_is_refused(prefix: Path, run: Run) -> None:
    program = (prefix / "versions" / "current").resolve() / "bin" / "pgx_monitor"
    runs = subprocess.Popen(["sh", "-c", "read x", program], stdin=subprocess.PIPE)

    done = run("--uninstall", prefix)

    assert done.returncode == 1
    assert f"Processes: pgx_monitor {runs.pid}." in done.stderr
    assert (prefix / "bin" / "pgx_check").exists()
    runs.communicate()
    assert run("--uninstall", prefix).returncode == 0


def test_by_a_user_without_rights(prefix: Path, run: Run) -> None:
    done = run("--uninstall", prefix, user="nobody")

    assert done.returncode == 1
    assert "you may not write there" in done.stderr
    assert (prefix / "bin" / "pgx_check").exists()
