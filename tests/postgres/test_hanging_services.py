"""The scripts beside a directory of users, a system log or a disk that hangs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.needs import missing
from fixtures.server import Server
from tests.fix_resource import OFFLINE, ONLINE, Resource


@pytest.mark.root
@pytest.mark.one_postgres
@pytest.mark.skipif(bool(missing("strace")), reason=missing("strace"))
def test_it_opens_nothing_under_the_data_directory(
    resource: Resource, server: Server, tmp_path: Path
) -> None:
    """A shared disk that hangs cannot hold up what never asks it."""
    resource.online()
    log = tmp_path / "strace"
    trace = ["strace", "-f", "-o", str(log), "-e", "trace=file"]
    done = subprocess.run(
        [*trace, command("pgx_check"), resource.name], env=resource.environment()
    )
    asked = [line for line in log.read_text().splitlines() if str(server.data) in line]

    assert done.returncode == ONLINE
    assert "record" in log.read_text()
    assert asked == []


HUNG_USERS = """
set -e
mount --make-rprivate /
mkfifo {dir}/hangs
mount --bind {dir}/hangs /etc/passwd
mount --bind {dir}/hangs /etc/group
exec "$@"
"""
HUNG_LOG = """
set -e
mount --make-rprivate /
mkdir -p {dir}/shm
mount --bind /dev/shm {dir}/shm
mount -t tmpfs -o mode=755 tmpfs /dev
mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/urandom c 1 9; mknod -m 666 /dev/random c 1 8
mkdir /dev/shm && mount --bind {dir}/shm /dev/shm
{python} -c '
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
import os; os.chmod("/dev/log", 0o666)
full = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
full.setblocking(False)
try:
    while True:
        full.sendto(b"x" * 1000, "/dev/log")
except BlockingIOError:
    pass
import time; print("full", flush=True); time.sleep(60)
' > {dir}/said &
while ! grep -q full {dir}/said; do sleep 0.05; done
"$@"; code=$?
kill $!
exit $code
"""


@pytest.mark.root
@pytest.mark.one_postgres
@pytest.mark.parametrize("what", ["users", "log"])
def test_a_hanging_directory_of_users_or_system_log_holds_nobody_up(
    resource: Resource, open_tmp: Path, what: str
) -> None:
    """Each script in a mount namespace where asking for a user, or logging, hangs."""
    template = HUNG_USERS if what == "users" else HUNG_LOG
    script = template.format(dir=open_tmp, python=command("python3"))

    def run(program: str) -> int:
        for left in ("hangs", "said"):
            (open_tmp / left).unlink(missing_ok=True)
        unshare = ["unshare", "-m", "sh", "-c", script, "sh"]
        return subprocess.run(
            [*unshare, command(program), resource.name],
            env=resource.environment(),
            stdin=subprocess.DEVNULL,
            timeout=60,
        ).returncode

    assert run("pgx_online") == 0
    assert run("pgx_check") == ONLINE
    with (resource.work / "record").open("r+b") as file:
        file.write(b"garbled")  # it wants to be logged
    assert run("pgx_check") == ONLINE
    assert run("pgx_offline") == 0
    assert run("pgx_check") == OFFLINE
