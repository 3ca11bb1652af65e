"""A package's files, and what runs: hard links to them that the package manager does not know."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from tools.commands import COMMANDS
from tools.installer import installing, running
from tools.packaging import activating

FIRST, SECOND = "0.1.0-1-aaaa", "0.1.0-2-bbbb"
_UNHEEDED = Heeded((), KeyboardInterrupt)


@pytest.fixture
def prefix(open_tmp: Path) -> Path:
    """A PREFIX into which a package manager has put the files of FIRST."""
    prefix = open_tmp / "opt" / "pgx"
    unpack(prefix, FIRST)
    return prefix


def unpack(prefix: Path, content: str, *commands: str) -> Path:
    """Do as a package manager does."""
    package = prefix / "package" / content
    (package / "bin").mkdir(parents=True)
    (package / "VERSION").write_text("0.1.0\n")
    for name in commands or ("pgx_check", "pgx_monitor"):
        (package / "bin" / name).write_text(f"#!/bin/sh\necho {content}\nread x\n")
        (package / "bin" / name).chmod(0o755)
    return package


def activate(prefix: Path, content: str) -> None:
    """Let it count; what it is made of here cannot be tried out."""
    activating.activate(prefix, content, _UNHEEDED, lambda version: None)


def says(prefix: Path, name: str = "pgx_check") -> str:
    called = subprocess.run(
        [prefix / "bin" / name], input="\n", capture_output=True, text=True
    )
    return called.stdout.strip()


def kept(prefix: Path) -> list[str]:
    """Return the versions that are there, whole or not."""
    found = (prefix / "versions").iterdir()
    return sorted(path.name for path in found if not path.is_symlink())


def test_what_runs_has_the_very_bytes_of_the_package(prefix: Path) -> None:
    activate(prefix, FIRST)

    assert says(prefix) == FIRST
    assert (prefix / "bin/pgx_check").samefile(
        prefix / "package" / FIRST / "bin/pgx_check"
    )


def test_what_counts_does_so_while_the_package_manager_changes_its_files(
    prefix: Path,
) -> None:
    activate(prefix, FIRST)
    for path in (prefix / "package" / FIRST / "bin").iterdir():
        path.unlink()
    assert says(prefix) == FIRST

    unpack(prefix, SECOND)
    assert says(prefix) == FIRST
    activate(prefix, SECOND)
    assert says(prefix) == SECOND


def test_the_version_before_is_kept_and_the_one_before_that_is_not(
    prefix: Path,
) -> None:
    third = "0.1.0-3-cccc"
    activate(prefix, FIRST)
    for content in (SECOND, third):
        unpack(prefix, content)
        activate(prefix, content)

    assert kept(prefix) == [SECOND, third]


def test_a_command_that_is_no_more_is_removed(prefix: Path) -> None:
    activate(prefix, FIRST)
    unpack(prefix, SECOND, "pgx_check")
    activate(prefix, SECOND)

    assert os.listdir(prefix / "bin") == ["pgx_check"]


def test_a_second_time_nothing_is_touched(prefix: Path) -> None:
    activate(prefix, FIRST)
    before = (prefix / "versions" / FIRST).stat()

    activate(prefix, FIRST)

    after = (prefix / "versions" / FIRST).stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


@pytest.mark.parametrize("broken", ["bin/pgx_check", "VERSION"])
def test_what_was_damaged_is_made_anew(prefix: Path, broken: str) -> None:
    activate(prefix, FIRST)
    copy = prefix / "versions" / FIRST / broken
    copy.unlink()
    copy.write_text("damaged")

    activate(prefix, FIRST)

    assert copy.samefile(prefix / "package" / FIRST / broken)
    assert kept(prefix) == [FIRST]


def test_what_one_that_was_killed_has_left_is_removed(prefix: Path) -> None:
    left = prefix / "versions" / f".{FIRST}-x1y2z3"
    left.mkdir(parents=True)

    activate(prefix, FIRST)

    assert kept(prefix) == [FIRST]


def test_what_is_another_programs_is_not_replaced(prefix: Path) -> None:
    activate(prefix, FIRST)
    (prefix / "bin" / "mc_ctl").write_text("another's")
    unpack(prefix, SECOND, "pgx_check", "mc_ctl")

    with pytest.raises(Failure, match="another program"):
        activate(prefix, SECOND)

    assert says(prefix) == FIRST
    assert (prefix / "bin" / "mc_ctl").read_text() == "another's"


def test_nothing_is_withdrawn_under_what_runs(prefix: Path) -> None:
    activate(prefix, FIRST)
    monitor = os.path.realpath(prefix / "bin" / "pgx_monitor")
    with subprocess.Popen(
        [monitor], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as runs:
        assert runs.stdout is not None
        assert runs.stdout.readline()
        with pytest.raises(Failure) as refused:
            activating.withdraw(prefix, _UNHEEDED)
        runs.communicate(b"\n", timeout=60)

    assert str(runs.pid) in str(refused.value.detail)
    assert says(prefix) == FIRST


def test_what_was_called_by_a_link_of_the_packages_runs_too(
    prefix: Path, open_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `mc_arb start` does, typed by somebody."""
    activate(prefix, FIRST)
    link = open_tmp / "pgx_check"
    link.symlink_to(prefix / "bin" / "pgx_check")
    monkeypatch.setattr(running, "LINKS", str(open_tmp))

    with subprocess.Popen([link], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        assert one.stdout is not None and one.stdout.readline()
        with pytest.raises(Failure, match="programs run that are installed in"):
            activating.withdraw(prefix, _UNHEEDED)
        for content in (SECOND, "0.1.0-3-cccc"):
            unpack(prefix, content)
            activate(prefix, content)
        assert FIRST in kept(prefix)
        one.communicate(b"\n")


def test_a_lock_that_is_held_for_ever_is_not_waited_for_as_long(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody who can read a directory can lock it."""
    activate(prefix, FIRST)
    monkeypatch.setattr(installing, "PATIENCE", 0.3)
    fd = os.open(prefix / "versions", os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        with pytest.raises(Failure, match="could not lock"):
            activate(prefix, FIRST)
    finally:
        os.close(fd)


def test_what_is_withdrawn_leaves_the_packages_own_files(prefix: Path) -> None:
    activate(prefix, FIRST)

    activating.withdraw(prefix, _UNHEEDED)
    activating.withdraw(prefix, _UNHEEDED)

    assert os.listdir(prefix) == ["package"]
    assert (prefix / "package" / FIRST / "bin" / "pgx_check").exists()


def test_the_program_that_package_managers_run_wants_to_be_told_what_to_do() -> None:
    code = (
        "from tools.packaging.packaged import main; main('/opt/pgx/package/1/packaged')"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    called = subprocess.run(
        [sys.executable, "-c", code], env=path, capture_output=True, text=True
    )

    assert called.returncode == 1
    assert called.stderr == "usage: packaged activate|withdraw\n"


def test_what_does_not_run_here_does_not_count(prefix: Path) -> None:
    activate(prefix, FIRST)
    unpack(prefix, SECOND, *COMMANDS)  # none exits 0 at the end of its input

    with pytest.raises(Failure, match="does not run here"):
        activating.activate(prefix, SECOND, _UNHEEDED)

    assert says(prefix) == FIRST
