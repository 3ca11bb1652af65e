"""Fixtures: a management directory, and mc_ctl run on it as the instance administrator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser, plain_environment
from fixtures.ports import free_port
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.command import start
from pgx_mirror.controller import holding
from tests.fix_postgres import MakeServer
from tests.unit.import_graph import ROOT

Result = subprocess.CompletedProcess[str]
NETWORK = "nd1 127.0.0.1 {0}\nnd2 127.0.0.1 {1}\n"


@dataclass
class Mcdir:
    """A management directory of two servers on this host, and who works with it.

    *programs* are directories with PostgreSQL's, to be looked into first.
    """

    path: Path
    home: Path
    bin: Path
    user: OsUser
    programs: list[Path] = field(default_factory=list)
    secret_environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write file *name* as the instance administrator's."""
        path = self.path / name
        path.write_text(text)
        path.chmod(mode)
        self.user.own(path)
        return path

    def configure(self, server: str, data: Path, *lines: str) -> None:
        """Write serverIdentifier.conf of *server*."""
        self.write(f"{server}.conf", "\n".join([f"db_instance = '{data}'", *lines, ""]))

    def environment(self) -> dict[str, str]:
        """Return what commands are started with."""
        play = {"PLAY": str(self.home / "play.json"), "HOME": str(self.home)}
        plain = plain_environment(self.user.name)
        path = ":".join([*map(str, self.programs), plain["PATH"]])
        ours = {"LC_ALL": "C.UTF-8", "PATH": path} | self.secret_environment
        return plain | play | ours

    def popen(self, *args: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Start mc_ctl."""
        return subprocess.Popen(
            [self.bin / "mc_ctl", *map(str, args)],
            env=self.environment(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **({"stdout": subprocess.PIPE} | self.user.popen_options() | options),
        )

    def run(self, *args: str | Path, **options: Any) -> Result:
        """Run mc_ctl to its end."""
        process = self.popen(*args, **options)
        stdout, stderr = process.communicate(timeout=120)
        return Result(args, process.returncode, stdout, stderr)

    def of(self, server: str, mode: str, *args: str) -> Result:
        """Run mc_ctl for *server*."""
        return self.run(mode, "-M", self.path, f"--local-server={server}", *args)

    def play(self, **play: object) -> None:
        """Let the next controller be a played one."""
        told = {"journal": str(self.home / "journal"), **play}
        beside = self.home / "play.json.new"
        beside.write_text(json.dumps(told))
        beside.rename(self.home / "play.json")  # one that begins just now reads either

    def journal(self) -> list[str]:
        """Return what the played controllers were asked."""
        path = self.home / "journal"
        return path.read_text().splitlines() if path.exists() else []

    def refused(self, server: str, *args: str) -> Result:
        """Have a start of *server* refused: it returns once nothing lives, if that is soon.

        On a busy machine it has not waited for so long; nothing lives a moment later.
        """
        began = time.monotonic()
        result = self.of(server, "start", *args)
        waited = time.monotonic() - began >= start.ENDS_WITHIN
        assert waited or not self.lives(server), result
        wait_until(lambda: not self.lives(server), "nothing lives")
        return result

    def lives(self, server: str) -> bool:
        """Whether anything of a controller lives."""
        held = [
            holding.is_held(str(self.path), server, byte) for byte in holding.SERVICE
        ]
        return any(held)


def _played(path: Path) -> None:
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from fixtures.played_controller import main\nmain()\n"
    )
    path.chmod(0o755)


@pytest.fixture
def mcdir(open_tmp: Path, os_user: OsUser) -> Iterator[Mcdir]:
    """A management directory that is sound, with a played controller for mc_ctl start."""
    made = Mcdir(open_tmp / "mc", open_tmp / "home", open_tmp / "bin", os_user)
    for directory in (made.path, made.bin):
        directory.mkdir(mode=0o755)
        os_user.own(directory)
    shutil.copy(command("mc_ctl"), made.bin)
    _played(made.bin / "mc_main")
    made.write("network.conf", NETWORK.format(26540, 26541))
    for server in ("nd1", "nd2"):
        made.configure(server, open_tmp / server)
    made.write("secret", "ab" * 32 + "\n")
    made.play()
    yield made


@pytest.fixture
def primary(make_server: MakeServer, mcdir: Mcdir) -> Server:
    """A primary with names out, that nd2 can be made a standby of; it runs."""
    kept = {"max_slot_wal_keep_size": "1GB", "wal_keep_size": "0"}
    server = make_server("nd1", fsync="on", **kept)
    mcdir.programs.append(server.binaries.directory)
    server.start_plain()
    return server


@pytest.fixture
def standby(primary: Server, mcdir: Mcdir) -> Server:
    """Where nd2 will be; its postgresql.conf lies in the management directory."""
    found = replace(primary, data=primary.data.parent / "nd2", port=free_port())
    found.data.mkdir(mode=0o700)
    mcdir.user.own(found.data)
    text = (primary.data / "postgresql.conf").read_text()
    mcdir.write("nd2.postgresql.conf", f"{text}\nport = {found.port}\n# mine\n")
    return found
