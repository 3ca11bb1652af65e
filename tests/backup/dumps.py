"""An instance with a tablespace, its configuration, and pgx_dmpall run on it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.os_user import OsUser, plain_environment
from fixtures.ports import free_port
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_mirror.backup import kept, places
from pgx_mirror.backup.kept import Kept
from pgx_mirror.backup.label import Label
from tests.backup.labels import label, put
from tests.fix_postgres import make_instance, open_directory

Result = subprocess.CompletedProcess[str]
SERVER = "server1"


@dataclass
class Dumps:
    """One server of a pair, alone, below *home*; its backups go to *destination*."""

    home: Path
    server: Server
    user: OsUser
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def mcdir(self) -> Path:
        return self.home / "mc"

    @property
    def conf(self) -> Path:
        return self.mcdir / f"{SERVER}.conf"

    @property
    def destination(self) -> Path:
        return self.home / "backup"

    @property
    def archive(self) -> Path:
        return self.destination / places.ARCHIVE

    @property
    def space(self) -> Path:
        return self.home / "space"

    def directory(self, path: Path, mode: int = 0o700) -> Path:
        """Make a directory of the OS user's."""
        path.mkdir(mode=mode)
        self.user.own(path)
        return path

    def configure(self, *lines: str, **values: object) -> None:
        """Write serverIdentifier.conf."""
        found: dict[str, object] = {
            "db_instance": self.server.data,
            "backup_destination": self.destination,
            "bin_dir": self.server.binaries.directory,
        } | values
        text = [f"{name} = '{value}'" for name, value in found.items() if value]
        self.write(self.conf, "\n".join([*text, *lines, ""]))

    def write(self, path: Path, text: str, mode: int = 0o600) -> None:
        """Write a file of the OS user's."""
        path.write_text(text)
        path.chmod(mode)
        self.user.own(path)

    def popen(self, *words: str, program: str = "pgx_dmpall") -> subprocess.Popen[str]:
        """Start pgx_dmpall as the instance administrator."""
        return self.begin(command(program), *words)

    def begin(self, *line: str) -> subprocess.Popen[str]:
        """Start the command line *line* as the instance administrator."""
        mine = {"HOME": str(self.home), "LC_ALL": "C.UTF-8"} | self.environ
        return subprocess.Popen(
            line,
            env=plain_environment(self.user.name) | mine,
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **self.user.popen_options(),
        )

    def run(self, *words: str) -> Result:
        """Run it to its end."""
        process = self.popen(*words)
        stdout, stderr = process.communicate(timeout=120)
        assert "internal error" not in stderr, stderr
        return Result(words, process.returncode, stdout, stderr)

    def words(self, *more: str) -> list[str]:
        """Return the words of a usual call."""
        return ["-D", str(self.server.data), "-c", str(self.conf), *more]

    def dump(self, *more: str) -> Label:
        """Make a backup, and return its label."""
        done = self.run(*self.words(*more))
        assert done.returncode == 0, done.stderr
        return self.found().good[-1]

    def refused(self, *more: str) -> list[str]:
        """Return the errors of a call that is refused, or fails."""
        done = self.run(*self.words(*more))
        assert done.returncode == 1, done.stderr
        assert not done.stdout
        return errors(done)

    def found(self) -> Kept:
        """Return what the destination keeps."""
        return kept.find(str(self.destination))

    def entries(self) -> list[str]:
        """Return what is called anything in the directory of backups."""
        directory = self.destination / places.BACKUPS
        return sorted(os.listdir(directory)) if directory.exists() else []

    def lay(self, day: int, server: str, **more: Any) -> str:
        """Lay a backup of that day that has a label alone, and return its name."""
        system = self.server.ask("select system_identifier from pg_control_system()")
        given = {"system": system, "start_lsn": f"0/{day:X}000028"} | more
        given.setdefault("end_lsn", "0/F000000")
        one = label(f"202601{day:02}T000000Z", server, **given)
        made = put(self.destination, one)
        for path in (made.parent, made, made / places.LABEL):
            self.user.own(path)
        return one.name

    def position(self) -> str:
        """Return where the server's log is."""
        return self.server.ask("select pg_current_wal_lsn()")

    def verify(self, one: Label, at: Path | None = None) -> None:
        """See with PostgreSQL's own program that backup *one* is whole."""
        directory = places.backup(str(at or self.destination), one.name)
        verifier = self.server.binaries.path("pg_verifybackup")
        self.user.run([verifier, "--exit-on-error", places.base(directory)])

    def switch_wal(self) -> str:
        """Have a file of the log archived, and return its name."""
        name = self.server.ask(
            "create table if not exists w (n int); insert into w values (1);"
            " select pg_walfile_name(pg_current_wal_lsn())"
        )
        self.server.ask("select pg_switch_wal()")
        wait_until((self.archive / name).exists, f"{name} is archived", 60)
        return name

    def empty(self) -> None:
        """Leave nothing in the destination, into which the server may archive just now."""
        for path in self.destination.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path.rename(self.home / "emptied"))
            else:
                path.unlink()

    def settles(self) -> None:
        """Have everything as it was when it was made."""
        self.environ = {}
        self.destination.chmod(0o700)
        self.empty()
        self.directory(self.archive)
        self.configure()
        if self.server.pid() is None:
            self.server.start_plain()


def slowed(place: Dumps, rate: str = "2M") -> None:
    """Let pg_basebackup take its time: the program is the real one, at a low rate."""
    programs = place.home / "programs"
    slow_programs(place.server.binaries.directory, programs, rate)
    text = re.sub(r"bin_dir = .*", f"bin_dir = '{programs}'", place.conf.read_text())
    place.write(place.conf, text)


def slow_programs(real: Path, programs: Path, rate: str) -> None:
    """Make a directory of PostgreSQL's programs, whose pg_basebackup is slow."""
    programs.mkdir(exist_ok=True)
    for path in real.iterdir():
        (programs / path.name).unlink(missing_ok=True)
        (programs / path.name).symlink_to(path)
    script = f'exec {real}/pg_basebackup --max-rate={rate} "$@"'
    _write_program(programs / "pg_basebackup", script)


def replaced(place: Dumps, script: str, name: str = "pg_basebackup") -> None:
    """Have *script* run in the place of program *name*, where `slowed` has laid them."""
    _write_program(place.home / "programs" / name, script)


def _write_program(path: Path, script: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def copiers(place: Dumps) -> list[int]:
    """Return pg_basebackup and its child, which receives the write-ahead log."""
    mine = str(place.destination)
    return [
        pid
        for pid in proc.pids()
        if (words := proc.cmdline(pid))
        and words[0].endswith("/pg_basebackup")
        and any(mine in word for word in words)
    ]


def errors(done: Result) -> list[str]:
    """Return the errors that were told."""
    return re.findall(r"(?m)^pgx_dmpall: error: (.*)$", done.stderr)


def warnings(done: Result) -> list[str]:
    """Return what was warned of."""
    return re.findall(r"(?m)^pgx_dmpall: warning: (.*)$", done.stderr)


@contextmanager
def dumps(
    binaries: Binaries, template: Path, user: OsUser, **settings: Any
) -> Iterator[Dumps]:
    """Yield a place that runs, with a table in a tablespace of its own."""
    with open_directory(user) as place:
        home = place / "home"
        server = make_instance(binaries, template, place, user, "data", **settings)
        made = Dumps(home, server, user)
        for path in (made.mcdir, made.destination, made.archive, made.space):
            made.directory(path)
        network = f"server1 127.0.0.1 {free_port()}\nserver2 127.0.0.1 {free_port()}\n"
        made.write(made.mcdir / "network.conf", network)
        made.write(made.mcdir / "secret", "ab" * 32 + "\n")
        made.configure()
        server.configure(
            archive_mode="on",
            archive_command=f'test -d "{made.archive}" && cp "%p" "{made.archive}/%f"',
        )
        server.start_plain()
        server.ask(f"create tablespace spc location '{made.space}'")
        server.ask("create table t tablespace spc as select generate_series(1, 100) n")
        yield made
