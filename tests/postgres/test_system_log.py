"""A real rsyslog: what it is told, and that nothing of ours waits for one that hangs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import needs
from fixtures.commands import command
from fixtures.processes import kill, stands, wait_until
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, Resource

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]
# A /dev of its own, so that /dev/log is nobody else's.
OWN_DEV = """
set -e
mount --make-rprivate /
mkdir "$0/dev" && mount --rbind /dev "$0/dev"
mount -t tmpfs -o mode=0755 own /dev
for each in null zero full random urandom; do
    touch /dev/$each && mount --bind "$0/dev/$each" /dev/$each
done
mkdir /dev/shm && mount --bind "$0/dev/shm" /dev/shm
ln -s /proc/self/fd /dev/fd
echo ready
exec sleep 3600
"""
CONF = """
module(load="imuxsock" SysSock.Name="/dev/log" SysSock.RateLimit.Interval="0")
template(name="plain" type="string"
    string="%syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg%\\n")
action(type="omfile" file="{out}" template="plain")
"""
FILL = """
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.setblocking(False)
try:
    while True:
        log.sendto(b"<30>filling: x", "/dev/log")
except BlockingIOError:
    pass
"""


class Rsyslog:
    """rsyslogd on a /dev/log of its own, and what runs beside it."""

    def __init__(self, directory: Path) -> None:
        self.out = directory / "messages"
        self._place = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", OWN_DEV, str(directory)],
            stdout=subprocess.PIPE,
        )
        assert self._place.stdout is not None
        assert self._place.stdout.readline() == b"ready\n"
        conf = directory / "rsyslog.conf"
        conf.write_text(CONF.format(out=self.out))
        pid_file = str(directory / "rsyslogd.pid")
        line = ["rsyslogd", "-n", "-f", str(conf), "-i", pid_file]
        self._daemon = subprocess.Popen(self.inside(line))
        wait_until(lambda: self.said("start"), "rsyslogd is there")

    def inside(self, line: list[str]) -> list[str]:
        """Return what runs *line* where /dev/log is rsyslogd's."""
        return ["nsenter", "-m", "-t", str(self._place.pid), "--", *line]

    def lines(self) -> list[str]:
        """Return what it has written so far."""
        return self.out.read_text().splitlines() if self.out.exists() else []

    def said(self, text: str) -> bool:
        """Whether it has written *text*."""
        return any(text in line for line in self.lines())

    def freeze(self) -> None:
        """Stop it, and fill its queue, so that whoever waits for it waits for ever."""
        os.kill(self._daemon.pid, signal.SIGSTOP)
        wait_until(lambda: stands(self._daemon.pid), "all of it is stopped")
        subprocess.run(self.inside([sys.executable, "-c", FILL]), check=True)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._daemon.pid, signal.SIGCONT)

    def close(self) -> None:
        """End it, and what it ran in."""
        for each in (self._daemon, self._place):
            each.kill()
            each.wait()
        assert self._place.stdout is not None
        self._place.stdout.close()


@pytest.fixture
def rsyslog(open_tmp: Path) -> Iterator[Rsyslog]:
    """A real rsyslogd, for the processes that are started `inside`."""
    if shutil.which("rsyslogd") is None:
        pytest.skip(needs.missing("rsyslogd"))
    made = Rsyslog(open_tmp)
    yield made
    made.close()


def run(rsyslog: Rsyslog, resource: Resource, program: str) -> int:
    """Run one of our commands beside rsyslogd; return its exit code."""
    return subprocess.run(
        rsyslog.inside([command(program), resource.name]),
        env=resource.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=90,
    ).returncode


def test_it_is_told_what_people_must_know(rsyslog: Rsyslog, resource: Resource) -> None:
    assert run(rsyslog, resource, "pgx_online") == 0
    kill(resource.known().postmaster)
    wait_until(lambda: rsyslog.said("is Faulted"), "it is told of the fault")
    assert run(rsyslog, resource, "pgx_offline") == 0

    wait_until(lambda: rsyslog.said("is Offline"), "it is told of the end")
    ours = [line for line in rsyslog.lines() if " pgx_" in line]
    assert all(line.startswith("daemon.") for line in ours)
    assert any(line.startswith("daemon.err pgx_monitor[") for line in ours)
    assert any(line.startswith("daemon.info pgx_offline[") for line in ours)
    assert not any("facts=" in line for line in ours), "that is for programs"


def test_a_message_is_one_line_whatever_it_says(rsyslog: Rsyslog) -> None:
    code = (
        "from pgx_base import report; from pgx_base.failure import Failure;"
        "report.to_system_log('pgx_x', 'error', Failure('one\\nroot: forged' + 'x' * 9999))"
    )
    subprocess.run(
        rsyslog.inside([sys.executable, "-c", code]),
        check=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    wait_until(lambda: rsyslog.said("forged"), "it is there")

    told = [line for line in rsyslog.lines() if "forged" in line]
    assert len(told) == 1
    assert told[0].startswith("daemon.err pgx_x[")
    assert len(told[0]) < 1100


def test_nothing_waits_for_one_that_hangs(rsyslog: Rsyslog, resource: Resource) -> None:
    """Frozen, with a full queue: a whole life of an instance, a fault too."""
    rsyslog.freeze()
    assert run(rsyslog, resource, "pgx_online") == 0
    assert run(rsyslog, resource, "pgx_check") == ONLINE
    kill(resource.known().postmaster)
    resource.wait_for_record("faulted")
    assert run(rsyslog, resource, "pgx_check") == FAULTED
    wait_until(
        lambda: "of=faulted" in resource.trace(), "the trace has it all the same"
    )
    assert run(rsyslog, resource, "pgx_offline") == 0
    assert run(rsyslog, resource, "pgx_check") == OFFLINE
    before = rsyslog.lines()

    rsyslog.thaw()
    assert run(rsyslog, resource, "pgx_online") == 0

    wait_until(lambda: rsyslog.said("is watched"), "it is told again")
    assert not any("is Faulted" in line for line in rsyslog.lines()), "that was lost"
    assert not any("pgx_" in line for line in before)


def test_a_monitor_works_on_while_it_hangs_and_when_it_is_gone(
    rsyslog: Rsyslog, resource: Resource
) -> None:
    assert run(rsyslog, resource, "pgx_online") == 0
    monitor = resource.monitor()
    rsyslog.freeze()
    os.kill(resource.known().postmaster, signal.SIGSTOP)
    good_until = resource.known().good_until
    wait_until(lambda: resource.known().good_until > good_until + 2000, "it is renewed")
    os.kill(resource.known().postmaster, signal.SIGCONT)
    rsyslog.close()

    kill(resource.known().postmaster)

    resource.wait_for_record("faulted")
    assert resource.known().monitor == monitor
