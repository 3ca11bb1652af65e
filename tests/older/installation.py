"""An older installation's resource: its recorded files at their places, its monitor beside.

What stands for this machine, boot and moment is put in as README.md says, and not by the
code under test.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from fixtures.os_user import OsUser
from fixtures.processes import gone, kill, start_time, wait_until
from tests.fix_resource import Resource
from tests.older import monitor
from tools.commands import base_interpreter

RECORDED = Path(__file__).parent / "recorded"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOCK_SIZE, _BEACON_SIZE, _LATCH_AT = 128, 64, 16


def recorded(name: str) -> bytes:
    """Return the recorded file *name*."""
    return (RECORDED / name).read_bytes()


def boot_id() -> str:
    """Return the id of this boot."""
    return _BOOT_ID.read_text().strip()


def now_ms() -> int:
    """Return the monotonic clock's time in ms."""
    return int(time.monotonic() * 1000)


def definition(resource: Resource) -> bytes:
    """Return the recorded definition, with this machine's user, directories and programs."""
    user = pwd.getpwnam(resource.server.user.name)
    groups = sorted({g.gr_gid for g in grp.getgrall() if user.pw_name in g.gr_mem})
    text = recorded("definition.toml").decode()
    for was, now in (
        ('"/srv/pg1/home/data"', f'"{resource.server.data}"'),
        ('"/srv/pg1/home/work"', f'"{resource.work}"'),
        ('"/usr/lib/postgresql/15/bin"', f'"{resource.server.binaries.directory}"'),
        ('"postgres"', f'"{user.pw_name}"'),
        ("uid = 101\n", f"uid = {user.pw_uid}\n"),
        ("gid = 104\n", f"gid = {user.pw_gid}\n"),
        ("    103,\n    104,\n", "".join(f"    {gid},\n" for gid in groups)),
        ('"/var/lib/postgresql"', f'"{user.pw_dir}"'),
        ('"/bin/bash"', f'"{user.pw_shell}"'),
    ):
        assert was in text
        text = text.replace(was, now)
    return text.encode()


@dataclass
class Older:
    """*resource* as the older version has left it, or keeps it."""

    resource: Resource
    files: Path  # where the OS user can read the stand-in, and what was recorded

    @property
    def entry(self) -> Path:
        """The entry under /run."""
        escaped = str(self.resource.registry).replace("%", "%25").replace("/", "%2F")
        return Path(f"/run/pgx_pclrsc/{escaped}%2F{self.resource.name}")

    @property
    def beacon(self) -> Path:
        """The beacon under /run."""
        return self.entry.with_name(f"{self.entry.name}.beacon")

    @property
    def _user(self) -> OsUser:
        return self.resource.server.user

    def registered(self) -> None:
        """Have what its `pgx_pclrsc -a` leaves."""
        where = self.resource.registry / self.resource.name / "definition.toml"
        where.write_bytes(definition(self.resource))
        self.in_workdir("record", recorded("record.registered"))

    def in_workdir(self, name: str, data: bytes) -> None:
        """Write a file of the work directory."""
        path = self.resource.work / name
        path.write_bytes(data)
        path.chmod(0o600)
        self._user.own(path)

    def in_place(self, name: str, data: bytes) -> None:
        """Overwrite what is in a file of the work directory, as scripts and monitor do."""
        with (self.resource.work / name).open("r+b") as file:
            file.write(data)

    def signed(self, script: str, pid: int, start: int) -> None:
        """Sign transition.lock as *script* (online or offline) did."""
        was = recorded(f"transition.lock.{script}").split()
        text = b" ".join([was[0], b"%d %d" % (pid, start), boot_id().encode()])
        self.in_place("transition.lock", text.ljust(_LOCK_SIZE))

    def check_has_started(self, seconds_ago: int) -> None:
        """Have a Check that has started a monitor then."""
        when = now_ms() - 1000 * seconds_ago
        text = f"{boot_id()} {when}".encode()
        assert len(text.split()) == len(recorded("monitor.lock.check").split())
        self.in_place("monitor.lock", text.ljust(_LOCK_SIZE))

    def says(self, state: str, postmaster: int, *, good_for: float = 10) -> None:
        """Have a record of *postmaster*, of a monitor that is no more."""
        data = self.resource.server.data.stat()
        shmid = (
            (self.resource.server.data / "postmaster.pid").read_text().split("\n")[6]
        )
        words: dict[int, object] = {
            monitor.BOOT: boot_id(),
            monitor.GOOD_UNTIL: now_ms() + int(1000 * good_for),
            monitor.POSTMASTER: postmaster,
            monitor.START: start_time(postmaster),
            monitor.DEVICE: data.st_dev,
            monitor.INODE: data.st_ino,
            monitor.SHMID: shmid.split()[1],
        }
        self.in_workdir(
            "record", monitor.with_words(recorded(f"record.{state}"), words)
        )

    def entry_names(self, postmaster: int) -> None:
        """Have the entry of an Online resource, and the beacon that its monitor speaks by."""
        rest = definition(self.resource)
        assert recorded("entry.online").partition(b"\n")[2] == recorded(
            "definition.toml"
        )
        head = f"{postmaster} {start_time(postmaster)} {boot_id()}\n".encode()
        self._under_run(self.entry, head + rest, 0o644, 0)
        self._beacon(b"")

    def _beacon(self, latch: bytes) -> None:
        text = (b"%d " % self._user.uid).ljust(_LATCH_AT) + latch
        self._under_run(self.beacon, text.ljust(_BEACON_SIZE), 0o640, self._user.gid)

    def latched(self, postmaster: int) -> None:
        """Have a beacon by which a Check has heard of a fault of *postmaster*."""
        head = recorded("entry.latched").split(maxsplit=2)
        was = monitor.FAULTED_IS + monitor.ident(int(head[0]), int(head[1]))
        assert int(recorded("beacon.latched")[_LATCH_AT:]) == was
        number = monitor.ident(postmaster, start_time(postmaster))
        self._beacon(b"%d" % (monitor.FAULTED_IS + number))

    def stopped(self) -> None:
        """Have what its Offline leaves."""
        words = {monitor.BOOT: boot_id()}
        self.in_workdir(
            "record", monitor.with_words(recorded("record.stopped"), dict(words))
        )
        was = recorded("entry.stopped").split()
        head = b" ".join([was[0], b"%d" % now_ms(), boot_id().encode()]) + b"\n"
        self._under_run(self.entry, head, 0o644, 0)

    def _under_run(self, path: Path, data: bytes, mode: int, gid: int) -> None:
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        os.chown(path, 0, gid)
        path.chmod(mode)

    def online(self, by: str = "check") -> int:
        """Have a running server that its monitor, started *by* a script, watches.

        Return the monitor's PID.
        """
        postmaster = self.resource.server.start_plain()
        self.registered()
        script = subprocess.Popen(["true"])
        self.signed("online", script.pid, start_time(script.pid))
        script.wait()
        self.says("online", postmaster)
        self.entry_names(postmaster)
        return self.start_monitor(by)

    def start_monitor(self, by: str = "check") -> int:
        """Start the stand-in as its `pgx_online` or `pgx_check` did, and return its PID."""
        program = self.files / "pgx_monitor"
        words = recorded(f"cmdline.{by}").decode().split("\0")[:-1]
        assert Path(words[2]).name == program.name
        words[0], words[2], words[3] = (
            base_interpreter(),
            str(program),
            self.resource.name,
        )
        pairs = recorded("environ.online").decode().split("\0")[:-1]
        environ = dict(pair.split("=", 1) for pair in pairs)
        environ |= {
            "PGX_PCLRSC_HOME": str(self.resource.registry),
            "OLDER_WORK": str(self.resource.work),
            "OLDER_DATA": str(self.resource.server.data),
            "OLDER_BEACON": str(self.beacon),
            "OLDER_FILES": str(self.files),
        }
        done = subprocess.run(
            words,
            env=environ,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            **self._user.popen_options(),
        )
        assert done.returncode == 0, done.stderr
        return int(self.words()[monitor.MONITOR])

    def words(self) -> list[str]:
        """Return the words of the record as it stands."""
        return monitor.words_of((self.resource.work / "record").read_bytes())

    def processes(self) -> list[int]:
        """Return the stand-in's processes."""
        program = os.fsencode(self.files / "pgx_monitor")
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if program in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:
                pass
        return [pid for pid in found if not gone(pid)]

    def has_ended(self) -> None:
        """See that the stand-in ends: its second process a moment after the first."""
        wait_until(lambda: self.processes() == [], "it is gone")

    def end_monitor(self, number: int) -> None:
        """Signal the stand-in."""
        kill(int(self.words()[monitor.MONITOR]), number)


def lay_out(resource: Resource, files: Path) -> Older:
    """Put the stand-in and what was recorded where the OS user can read them."""
    shutil.copytree(RECORDED, files)
    shutil.copy(monitor.__file__, files / "pgx_monitor")
    files.chmod(0o755)
    for path in files.iterdir():
        path.chmod(0o644)
    return Older(resource, files)
