"""A copy of a data directory as it is at an instant, started by hand with pg_ctl."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from fixtures.os_user import plain_environment
from fixtures.ports import free_port
from fixtures.processes import wait_until
from fixtures.server import Server, copy_data_directory
from tests.fix_mcdir import Mcdir
from tests.mirror.strikes import holding

REFUSED, STANDBY, WAITS, COMMITS = "refused", "standby", "waits", "commits"
# Behind which the directory may start otherwise; of syncs, by which pg_rewind tells that it
# has written, there are a thousand.
_CHANGES = "?rename,?renameat,?renameat2,?unlink,?unlinkat"
# What decides how a directory starts.
_DECIDE = (
    "PG_VERSION",
    "postgresql.conf",
    "postgresql.auto.conf",
    "standby.signal",
    "backup_label",
    "global/pg_control",
)


def state_of(data: Path) -> tuple[bytes | None, ...]:
    """Return what decides how the directory starts."""
    paths = [data / name for name in _DECIDE]
    return tuple(path.read_bytes() if path.exists() else None for path in paths)


def outcome(server: Server) -> str:
    """Return how a copy of *server*'s directory fares that is started by pg_ctl."""
    where = server.data.with_name("copied")
    shutil.rmtree(where, ignore_errors=True)
    copy_data_directory(server.data, where)
    copied = replace(server, data=where, port=free_port())
    options = f"-p {copied.port} -k {copied.sockets} -c listen_addresses="
    words = ["-D", str(where), "-w", "-l", "/dev/null", "-o", options, "start"]
    program = str(server.binaries.path("pg_ctl"))
    started = subprocess.run(
        [program, *words],
        env=plain_environment(server.user.name),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **server.user.popen_options(),
    )
    if started.returncode != 0:
        return REFUSED
    try:
        return _of_running(copied)
    finally:
        copied.stop(signal.SIGQUIT)


def _of_running(server: Server) -> str:
    if server.ask("select pg_is_in_recovery()") == "t":
        return STANDBY
    line = [str(server.binaries.path("psql")), "-X", "-h", str(server.sockets)]
    line += ["-p", str(server.port), "-U", server.user.name, "-d", "template1"]
    with subprocess.Popen(
        [*line, "-c", "create table by_hand ()"],
        env=plain_environment("root"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as asking:
        waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
        wait_until(
            lambda: asking.poll() is not None or server.ask(waiting) == "1",
            "it waits, or is done",
            60,
        )
        waits = asking.poll() is None
        asking.kill()
    return WAITS if waits else COMMITS


def outcomes(mcdir: Mcdir, server: Server, *words: str) -> list[str]:
    """Run mc_ctl setup on *server*, nd2, and return how it fares by hand behind each call.

    Each state of the directory counts once, in the order in which they come.
    """
    seen: dict[object, str] = {}

    def look() -> None:
        if (state := state_of(server.data)) not in seen:
            seen[state] = outcome(server)

    where = ["-M", str(mcdir.path), "--local-server=nd2"]
    line = [str(mcdir.bin / "mc_ctl"), "setup", *where, *words]
    mcdir.user.own(mcdir.home)
    with holding(server.data, mcdir.home / "strace.log", _CHANGES, "fsync") as at:
        environment, options = mcdir.environment(), mcdir.user.popen_options()
        run = at.run(line, env=environment, cwd="/", **options)
        while run.poll() is None:
            for stop in at.stops():
                look()
                at.go_on(stop)
            time.sleep(0.002)
    look()
    assert run.returncode == 0
    return [*seen.values()]
