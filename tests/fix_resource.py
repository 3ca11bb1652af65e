"""Fixtures: resources, registered and driven by the real commands as RMS would."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser, plain_environment
from fixtures.processes import children, gone, kill, stands, wait_until
from fixtures.server import Server
from pgx_base import files, locks, proc
from pgx_pclrsc import record as records
from pgx_pclrsc import runentry
from pgx_pclrsc.core import names

NODE = "node1RMS"
ONLINE, OFFLINE, FAULTED = 0, 1, 2
Result = subprocess.CompletedProcess[str]


@dataclass
class Resource:
    """A resource in a registry of its own, on a server that may run or not."""

    name: str
    server: Server
    registry: Path
    work: Path
    extra: dict[str, str] = field(default_factory=dict)

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what the commands are started with."""
        base = plain_environment("root")
        ours = {"PGX_PCLRSC_HOME": str(self.registry), "RELIANT_HOSTNAME": NODE}
        return base | ours | self.extra | dict(env or {})

    def run(
        self,
        program: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        limit: float = 120,
    ) -> Result:
        """Run one of our commands to its end, and to the end of what it prints."""
        return subprocess.run(
            [command(program), *args],
            env=self.environment(env),
            cwd="/",
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=limit,
        )

    def start(
        self, program: str, *args: str, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start one of our commands and return at once."""
        return subprocess.Popen(
            [command(program), *args],
            env=self.environment(env),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def register(self, **options: object) -> Result:
        """Run `pgx_pclrsc -a`; *options* are long options with `_` for `-`.

        One that is None is not given.
        """
        given = [
            f"--{key.replace('_', '-')}={value}"
            for key, value in options.items()
            if value is not None
        ]
        where = ["-D", str(self.server.data), "-w", str(self.work), "-n", NODE]
        user = ["-u", self.server.user.name]
        return self.run("pgx_pclrsc", "-a", "-c", self.name, *user, *where, *given)

    def online(
        self, env: Mapping[str, str] | None = None, limit: float = 120
    ) -> Result:
        """Run pgx_online to its end."""
        return self.run("pgx_online", self.name, env=env, limit=limit)

    def offline(
        self, env: Mapping[str, str] | None = None, limit: float = 120
    ) -> Result:
        """Run pgx_offline to its end."""
        return self.run("pgx_offline", self.name, env=env, limit=limit)

    def check(self, env: Mapping[str, str] | None = None) -> int:
        """Return the exit code of pgx_check."""
        return self.run("pgx_check", self.name, env=env, limit=60).returncode

    def wait_for(self, state: int, limit: float = 60.0) -> None:
        """Return once pgx_check answers *state*."""
        wait_until(
            lambda: self.check() == state, f"pgx_check answers {state}", limit, 0.15
        )

    def record(self) -> records.Record | None:
        """Return the status record."""
        fd = files.open_workdir(str(self.work))
        try:
            return records.read(fd)
        finally:
            os.close(fd)

    def write_record(self, record: records.Record) -> None:
        """Overwrite the status record in place."""
        fd = os.open(self.work / names.RECORD, os.O_RDWR)
        records.write(fd, record)
        os.close(fd)

    def known(self) -> records.Record:
        """Return the status record, which must be there."""
        found = self.record()
        assert found is not None
        return found

    def wait_for_record(self, state: str, limit: float = 60.0) -> records.Record:
        """Return the record once it says *state*."""
        wait_until(lambda: self._state() == state, f"the record says {state}", limit)
        return self.known()

    def _state(self) -> str:
        try:
            found = self.record()
        except records.Garbled:
            return ""
        return found.state if found else ""

    def monitor(self) -> int | None:
        """Return the PID of the monitor that keeps the record, None without one."""
        found = self.record()
        if found is None or not proc.alive(found.monitor, found.monitor_start):
            return None
        return found.monitor

    def signal_monitor(self, number: int = signal.SIGKILL) -> int:
        """Signal the monitor once the record names one, and return its PID."""
        wait_until(lambda: self.monitor() is not None, "a monitor keeps the record")
        pid = self.monitor()
        assert pid is not None
        os.kill(pid, number)
        return pid

    def kill_monitor(self) -> int:
        """Kill the monitor, wait until nobody writes for it any more, and return its PID.

        Its child writes on what was handed over to it, the record among it.
        """
        pid = self.signal_monitor()
        wait_until(lambda: gone(pid) and not self.monitor_runs(), "the monitor is gone")
        return pid

    def stop_monitor(self) -> int:
        """Have the monitor stand still, and nobody write for it; return its PID."""
        pid = self.signal_monitor(signal.SIGSTOP)
        wait_until(lambda: stands(pid), "the monitor stands")
        writing = children(pid)
        for child in writing:
            kill(child)
        wait_until(lambda: all(map(gone, writing)), "nobody writes for it")
        return pid

    def wait_for_monitor(self) -> None:
        """Run Checks, as RMS does, until a monitor runs: one may start none, or in vain."""

        def runs() -> bool:
            assert self.check() == ONLINE
            return self.monitor_runs()

        wait_until(runs, "a Check has started a monitor", pause=0.15)

    def monitor_runs(self) -> bool:
        """Whether a monitor holds its lock."""
        try:
            fd = os.open(self.work / names.MONITOR_LOCK, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return locks.is_held(fd, locks.MONITOR)
        finally:
            os.close(fd)

    def trace(self) -> str:
        """Return the trace."""
        path = self.work / "trace.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def server_log(self) -> str:
        """Return what the server that Online started has said."""
        path = self.work / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""


MakeResource = Callable[..., Resource]

# Quick enough to wait for; a test that needs others names them.
OPTIONS: dict[str, object] = {
    "watch_interval": 1,
    "online_timeout": 60,
    "offline_timeout": 60,
}


@pytest.fixture
def make_resource(open_tmp: Path) -> Iterator[MakeResource]:
    """Return a function that registers a server: `make_resource(server, response_timeout=1)`."""
    made: list[Resource] = []

    def make(server: Server, name: str = "pgxtest", **options: object) -> Resource:
        work = open_tmp / "home" / f"work-{name}"
        resource = Resource(name, server, open_tmp / "registry", work)
        result = resource.register(
            **OPTIONS | {"bin_dir": server.binaries.directory} | options
        )
        assert result.returncode == 0, result.stderr
        made.append(resource)
        return resource

    yield make
    for resource in made:
        runentry.remove(str(resource.registry), resource.name)


@pytest.fixture
def resource(make_resource: MakeResource, server: Server, os_user: OsUser) -> Resource:
    """A registered resource whose instance does not run yet."""
    return make_resource(server)
