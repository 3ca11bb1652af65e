"""Fixtures: a registry with one resource, whose record a test writes by hand.

The "postmaster" here is any process: Check knows it by PID and start time alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgx_agent.script import lock
from pgx_base import files, locks, proc
from pgx_pclrsc import record
from pgx_pclrsc.core import codec, names
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.record import Record
from tools.commands import PACKAGES

ONLINE, OFFLINE, FAULTED = 0, 1, 2
REPOSITORY = Path(__file__).parents[1]
STUB = (
    f"import sys; sys.path[:0] = {[str(REPOSITORY / part) for part in PACKAGES]!r};"
    "sys.dont_write_bytecode = True;"
    "from pgx_agent.check.main import main; main()"
)


class Place:
    """A registry with one resource, whose record a test writes."""

    def __init__(self, top: Path) -> None:
        self.registry = top / "registry"
        self.work = top / "work"
        self.data = top / "pgdata"
        self.work.mkdir(mode=0o700)
        entry = self.registry / "pg1"
        entry.mkdir(parents=True)
        (entry / "work").symlink_to(self.work)
        (entry / "definition.toml").write_text(codec.encode(self.definition()))

    def definition(self) -> ResourceDefinition:
        return ResourceDefinition(  # noqa: S604  # its shell is a path
            name="pg1",
            os_user="nobody",
            data_directory=str(self.data),
            work_directory=str(self.work),
            nodes=("n1RMS",),
            db_user="postgres",
            uid=os.getuid() or 65534,
            gid=os.getgid() or 65534,
            groups=(),
            home="/",
            shell="/bin/sh",
        )

    def write(self, state: str, postmaster: int, *, good_for: float = 60) -> None:
        stat = proc.read_stat(postmaster)
        now = proc.monotonic_ms()
        self.write_record(
            Record(
                "g",
                proc.boot_id(),
                state,
                good_until=now + int(good_for * 1000),
                postmaster=postmaster,
                start=stat[2] if stat else 1,
                reason="no answer within 3 s" if state == "faulted" else "",
            )
        )

    def write_record(self, written: Record) -> None:
        (self.work / names.RECORD).write_bytes(record.encode(written))

    def check(
        self, name: str = "pg1", *arguments: str, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        environ = {"PGX_PCLRSC_HOME": str(self.registry)}
        return subprocess.run(
            [sys.executable, "-IS", "-c", STUB, name, *arguments],
            env=environ,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def hold(self, name: str, *bytes_: int) -> int:
        """Hold lock bytes as a monitor or script would, from this process."""
        dir_fd = files.open_workdir(str(self.work))
        fd = lock.open_lock(dir_fd, name)
        os.close(dir_fd)
        for byte in bytes_:
            assert locks.take(fd, byte)
        return fd


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def process() -> Iterator[int]:
    child = subprocess.Popen(["sleep", "120"])
    yield child.pid
    child.kill()
    child.wait()


@pytest.fixture
def gone() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid
