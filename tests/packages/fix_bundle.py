"""Fixtures: a bundle of this checkout, made without a network, and its installer."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from pgx_base.version import VERSION
from tools import commands, packages
from tools.bundle import fetching, payload

ROOT = packages.PROJECT.parent
Run = Callable[..., subprocess.CompletedProcess[str]]


def _repacked(project: str, into: Path) -> None:
    """Write the wheel that *project* was installed from, from what it has installed."""
    found = metadata.distribution(project)
    tags = [
        line.split(": ")[1].split("-")
        for line in (found.read_text("WHEEL") or "").splitlines()
        if line.startswith("Tag: ")
    ]
    tag = "-".join(".".join(dict.fromkeys(words)) for words in zip(*tags, strict=True))
    name = f"{found.name.replace('-', '_')}-{found.version}-{tag}.whl"
    with zipfile.ZipFile(into / name, "w") as archive:
        for path in found.files or ():
            if ".." not in path.parts and "__pycache__" not in path.parts:
                archive.write(str(path.locate()), str(path))


@pytest.fixture(scope="session")
def whole_bundle() -> Iterator[Path]:
    """A bundle for this interpreter, unpacked: other projects' wheels are .venv's packages."""
    top = Path(tempfile.mkdtemp(prefix="pgx-bundle-", dir="/var/tmp"))
    (top / "wheels").mkdir()
    lines = (ROOT / fetching.LOCK).read_text().splitlines()
    for project in [line.split("==")[0] for line in lines if "==" in line]:
        _repacked(project, top / "wheels")
    payload.gather(ROOT, VERSION, top)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def bundle(whole_bundle: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(whole_bundle, tmp_path / "bundle"))


def environment() -> dict[str, str]:
    """Return what the installer is started with; it makes no link outside of PREFIX then."""
    python = commands.base_interpreter()
    return {"PATH": os.defpath, "PYTHON": python, "OCF_ROOT": ""}


@pytest.fixture
def run(whole_bundle: Path) -> Run:
    """Return a function that runs the installer of a bundle: `run(prefix)`."""

    def run(
        *words: str | Path,
        bundle: Path = whole_bundle,
        umask: int = 0o077,
        user: str = "",
        ocf_root: str | Path = "",
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [bundle / "install", *words],
            env=environment() | {"OCF_ROOT": str(ocf_root)},
            capture_output=True,
            text=True,
            umask=umask,
            timeout=300,
            user=user or None,
            cwd="/",
        )

    return run


def prefix_of(directory: Path) -> Path:
    """Return a PREFIX in *directory* that is not there yet."""
    return directory / "opt" / "pgx"


def state(prefix: Path) -> list[str]:
    """Return all names below *prefix*, and what links say."""
    return sorted(
        f"{path} {os.readlink(path) if path.is_symlink() else ''}"
        for path in prefix.rglob("*")
    )
