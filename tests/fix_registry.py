"""Fixtures: a registry of its own, and pgx_pclrsc run on it."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.commands import command
from fixtures.os_user import OsUser, plain_environment
from pgx_pclrsc import store
from pgx_pclrsc.core import names
from pgx_pclrsc.core.definition import ResourceDefinition

Result = subprocess.CompletedProcess[str]


@dataclass
class Registry:
    """A registry, and a place where work directories can be made."""

    root: Path
    home: Path
    user: OsUser
    env: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """The work directory that `add` gives unless told otherwise."""
        return self.home / "work"

    @property
    def data(self) -> Path:
        """The data directory that `add` gives; it is not there, as on a standby."""
        return self.root.parent / "data"

    def environment(self) -> dict[str, str]:
        """Return what commands are started with."""
        ours = {"PGX_PCLRSC_HOME": str(self.root), "LC_ALL": "C.UTF-8"}
        return plain_environment("root") | ours | self.env

    def run(self, *args: str | Path, umask: int = -1) -> Result:
        """Run pgx_pclrsc to its end."""
        return subprocess.run(
            [command("pgx_pclrsc"), *map(str, args)],
            env=self.environment(),
            cwd="/",
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            umask=umask,
        )

    def look(self, *args: str) -> Result:
        """Run it as one that looks; repeated where a busy machine has ended a look."""
        for _ in range(5):
            done = self.run(*args)
            if "no answer within" not in done.stdout + done.stderr:
                break
        return done

    def options(self, changed: Mapping[str, object | None]) -> list[str]:
        """Return what `-a` is given: a value of None leaves the option out.

        Each resource has a data directory of its own.
        """
        name = changed.get("-c", "pg1")
        given = {
            "-c": "pg1",
            "-u": self.user.name,
            "-D": self.data if name == "pg1" else f"{self.data}-{str(name)[:1]}",
            "-w": self.work,
            "-n": "node1RMS,node2RMS",
        }
        pairs = (given | dict(changed)).items()
        return [str(word) for pair in pairs if pair[1] is not None for word in pair]

    def add(
        self,
        changed: Mapping[str, object | None] | None = None,
        *more: str,
        umask: int = -1,
    ) -> Result:
        """Run `pgx_pclrsc -a`, with options *changed* and *more* of them."""
        return self.run("-a", *self.options(changed or {}), *more, umask=umask)

    def names(self) -> list[str]:
        """Return all that the directory has, resources and leftovers, but for its lock."""
        found = os.listdir(self.root) if self.root.exists() else []
        return sorted(set(found) - {names.LOCK})

    def load(self, name: str = "pg1") -> ResourceDefinition:
        """Return the definition of *name*."""
        return store.load(name, str(self.root))

    def is_whole(self, name: str = "pg1") -> bool:
        """Whether resource *name* is all there: definition, link, and files of full size."""
        work = Path(self.load(name).work_directory)
        sizes = {file: (work / file).stat().st_size for file, _ in names.PREALLOCATED}
        return sizes == dict(names.PREALLOCATED)

    def popen(self, *args: str) -> subprocess.Popen[str]:
        """Start pgx_pclrsc."""
        return subprocess.Popen(
            [command("pgx_pclrsc"), *args],
            env=self.environment(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def mode(path: Path) -> int:
    """Return the permission bits of *path* itself."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def registry(open_tmp: Path, os_user: OsUser) -> Registry:
    """An empty registry: its directory is not even made."""
    return Registry(open_tmp / "etc" / "registry", open_tmp / "home", os_user)


@pytest.fixture
def roots_own() -> Iterator[Path]:
    """A directory every parent of which root alone can write to, as /var/opt is."""
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    path = Path(tempfile.mkdtemp(prefix="pgx-test-", dir="/var/opt"))
    path.chmod(0o755)
    yield path
    processes.end_all(path)
    subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)


@pytest.fixture
def registered(registry: Registry) -> Registry:
    """A registry with the resource pg1."""
    result = registry.add()
    assert result.returncode == 0, result.stderr
    return registry


def owner(path: Path) -> tuple[int, int]:
    """Return who owns *path* itself."""
    found = path.lstat()
    return found.st_uid, found.st_gid


def refused(registry: Registry, result: Result, said: str) -> None:
    """Assert that *result* is a refusal that says *said*, and that nothing was written."""
    assert result.returncode == 1
    assert said in result.stderr
    assert registry.run("-p").stdout == ""
    assert "Traceback" not in result.stderr
