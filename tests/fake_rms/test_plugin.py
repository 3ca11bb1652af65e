"""The plugin as testers use it: from any directory, on files of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_rms.shell import HEAD, PLAIN
from tools.commands import PACKAGES

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD = "# It starts.\nuse app.toml\nstart\nwait node1RMS app1 Online within 60 s\n"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A directory that is not ours, with transitions in it."""
    (tmp_path / "app.toml").write_text(HEAD + PLAIN)
    (tmp_path / "it_starts.rms").write_text(GOOD)
    return tmp_path


def pytest_in(directory: Path, *args: str) -> subprocess.CompletedProcess[str]:
    where = ":".join(str(CHECKOUT / part) for part in ("fixtures/plugin", *PACKAGES))
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "pgx_rms",
            "-p",
            "no:cacheprovider",
            *args,
        ],
        cwd=directory,
        env={"PYTHONPATH": where, "PATH": "/usr/bin:/bin"},
        text=True,
        capture_output=True,
        timeout=300,
    )


def test_files_of_another_directory(
    theirs: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    said = pytest_in(elsewhere, "--transitions", str(theirs), "-v")

    assert said.returncode == 0, said.stdout + said.stderr
    assert "it_starts" in said.stdout
    assert "1 passed" in said.stdout


def test_a_broken_promise_names_file_and_line(theirs: Path) -> None:
    text = GOOD + "expect node2RMS app1 Online\n"
    (theirs / "it_is_everywhere.rms").write_text(text)

    said = pytest_in(theirs, "--transitions", ".")

    assert "1 failed, 1 passed" in said.stdout
    assert "it_is_everywhere.rms:5: expect node2RMS app1 Online" in said.stdout
    assert "app1 on node2RMS is Offline, not Online" in said.stdout
    assert "Traceback" not in said.stdout


def test_a_wrong_file_is_an_error_with_its_place(theirs: Path) -> None:
    (theirs / "it_is_wrong.rms").write_text("use app.toml\nstrt\n")

    said = pytest_in(theirs, "--transitions", ".")

    assert 'it_is_wrong.rms:2:1: unrecognized word "strt"' in said.stdout


def test_a_directory_that_is_not_there(theirs: Path) -> None:
    said = pytest_in(theirs, "--transitions", "nowhere")
    assert said.returncode == 4
    assert "there is no" in said.stderr


def test_a_directory_without_a_transition(tmp_path: Path) -> None:
    said = pytest_in(tmp_path, "--transitions", str(tmp_path))

    assert said.returncode == 4
    assert f"--transitions: no *.rms is in {tmp_path}" in said.stderr


def test_our_own_files_from_any_directory(tmp_path: Path) -> None:
    ours = CHECKOUT / "fixtures" / "transitions"
    one = ours / "starts_in_order_from_the_disk_up.rms"

    listed = pytest_in(tmp_path, "--transitions", str(ours), "--collect-only", "-q")
    said = pytest_in(tmp_path, "--transitions", str(one))

    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert f"{len(list(ours.glob('*.rms')))} tests collected" in listed.stdout
    assert "1 passed" in said.stdout, said.stdout + said.stderr


def test_our_own_files_without_naming_the_plugin(tmp_path: Path) -> None:
    one = CHECKOUT / "fixtures/transitions/starts_in_order_from_the_disk_up.rms"
    plain = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(one)]
    said = subprocess.run(
        plain, cwd=tmp_path, text=True, capture_output=True, timeout=300
    )

    assert "1 passed" in said.stdout, said.stdout + said.stderr
