"""Fixtures: packages, built twice; and machines of which each test gets a fresh one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures import processes
from tests.packages.clean_machine import CleanMachine, bootstrap, why_not

ROOT = Path(__file__).resolve().parents[2]
_BUILT = 1_700_000_000


def build(
    into: Path, bundle: Path, *options: str, umask: int = 0o022, **environ: str
) -> Path:
    """Run `python -m tools.packaging`, and return the directory of what it has made."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tools.packaging",
            "--bundle",
            bundle,
            "--into",
            into,
            *options,
        ],
        cwd=ROOT,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(_BUILT)} | environ,
        umask=umask,
        check=True,
    )
    return into


def the(pattern: str, directory: Path) -> Path:
    """Return the one file in *directory* that *pattern* fits."""
    (found,) = directory.glob(pattern)
    return found


@pytest.fixture(scope="session")
def workshop() -> Iterator[Path]:
    """A directory that is removed: a root has 300 MB, and pytest keeps three runs' own."""
    if reason := why_not():
        pytest.skip(reason)
    made = Path(tempfile.mkdtemp(prefix="pgx-packages-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def built(workshop: Path, whole_bundle: Path) -> Path:
    """The directory of this checkout's packages."""
    return build(workshop / "built", whole_bundle)


@pytest.fixture(scope="session")
def newer(workshop: Path, whole_bundle: Path) -> Path:
    """The directory of packages that are newer."""
    return build(workshop / "newer", whole_bundle, "--revision=2")


@pytest.fixture(scope="session")
def pristine(workshop: Path) -> Path:
    """A root that nothing has been installed into."""
    bootstrap(workshop / "pristine")
    return workshop / "pristine"


@contextmanager
def booted(workshop: Path, pristine: Path) -> Iterator[CleanMachine]:
    """Have a machine that runs, with a copy of *pristine*."""
    home = Path(tempfile.mkdtemp(prefix="m", dir=workshop))
    subprocess.run(["cp", "-a", pristine, home / "root"], check=True)
    made = CleanMachine(home / "root", home / "node")
    try:
        made.boot()
        yield made
    finally:
        assert made.end()
        processes.end_all(home)
        shutil.rmtree(home)


@pytest.fixture
def machine(workshop: Path, pristine: Path) -> Iterator[CleanMachine]:
    """A machine that runs, and has no network."""
    with booted(workshop, pristine) as made:
        yield made
