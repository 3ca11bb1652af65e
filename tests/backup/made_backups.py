"""A backup of a server that runs, and pgx_rcvall run on it as the instance administrator."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.commands import command
from fixtures.os_user import OsUser, plain_environment
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.backup import places
from pgx_mirror.backup.label import Label
from pgx_postgres import control

Result = subprocess.CompletedProcess[str]
FIRST, SECOND = "20261129T210308Z", "20261130T210308Z"


@dataclass
class Destination:
    """A backup destination, *path*, of a server's, and what is run on it."""

    path: Path
    server: Server
    programs: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> OsUser:
        """Who runs all of it."""
        return self.server.user

    @property
    def archive(self) -> Path:
        """The directory of archived files."""
        return self.path / places.ARCHIVE

    def make(self) -> None:
        """Make the directories."""
        for path in (self.path, self.archive, self.path / places.BACKUPS):
            path.mkdir(mode=0o700)
            self.user.own(path)

    def archives(self) -> dict[str, object]:
        """Return the settings by which the server archives to it.

        A file that was archived as the server died is archived once more.
        """
        to, beside = f"{self.archive}/%f", f"{self.archive}/.%f"
        new = f'test ! -e {to} && cp "%p" {beside} && mv {beside} {to}'
        command = f'cmp -s "%p" {to} || {{ {new}; }}'
        return {"archive_mode": "on", "archive_command": command}

    def switch_wal(self) -> None:
        """Have the server's file of the log archived, and the next begun."""
        name = self.server.ask("select pg_walfile_name(pg_switch_wal())")
        wait_until((self.archive / name).exists, f"{name} is archived", 60)

    def back_up(self, began: str = FIRST, who: str = "server1") -> Path:
        """Make a backup, with its label, and return its directory."""
        name = places.name_of(began, who)
        directory = self.path / places.BACKUPS / name
        base = directory / places.BASE
        spaces = dict(self._spaces())
        maps = [f"-T{p}={places.space(str(directory), o)}" for o, p in spaces.items()]
        where = ["-h", str(self.server.sockets), "-p", str(self.server.port)]
        program = self.server.binaries.path("pg_basebackup")
        line = [program, *where, "-U", self.user.name, "-D", str(base), "-c", "fast"]
        self.user.run([*map(str, line), "-X", "stream", *maps])
        for oid in spaces:
            link = base / "pg_tblspc" / oid
            link.unlink()
            link.symlink_to(places.link(oid))
        self._label(directory, name, who, spaces)
        return directory

    def _spaces(self) -> Iterator[tuple[str, str]]:
        sql = "select oid, pg_tablespace_location(oid) from pg_tablespace where oid > 16000"
        for line in self.server.ask(sql).splitlines():
            oid, _, path = line.partition("|")
            yield oid, path

    def _label(
        self, directory: Path, name: str, who: str, spaces: dict[str, str]
    ) -> None:
        base = directory / places.BASE
        ranges = json.loads((base / "backup_manifest").read_text())["WAL-Ranges"][0]
        began = name.partition("_")[0]
        at = f"{began[:4]}-{began[4:6]}-{began[6:8]}T21:03:08Z"
        sizes = [path.stat().st_size for path in directory.rglob("*") if path.is_file()]
        found = control.read(str(base))
        label = Label(
            name, who, str(found.system_identifier), found.major, ranges["Timeline"],
            ranges["Start-LSN"], ranges["End-LSN"], at, at, sum(sizes), 1 << 24, spaces,
        )  # fmt: skip
        path = directory / places.LABEL
        path.write_text(label.to_text())
        self.user.own(path)

    def environment(self) -> dict[str, str]:
        """Return what commands are started with."""
        plain = plain_environment(self.user.name)
        path = f"{self.programs}:{plain['PATH']}"
        return plain | {"PATH": path, "LC_ALL": "C.UTF-8"} | self.more

    def line(self, *words: str | Path) -> list[str]:
        """Return the command line of a restore of the server's directory."""
        where = ["-D", str(self.server.data), "-B", str(self.path)]
        return [command("pgx_rcvall"), *where, *map(str, words)]

    def begin(self, *words: str | Path) -> subprocess.Popen[str]:
        """Begin a restore."""
        return self.popen(self.line(*words))

    def popen(self, line: list[str]) -> subprocess.Popen[str]:
        """Begin what *line* says, as its user."""
        return subprocess.Popen(
            line,
            env=self.environment(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **self.user.popen_options(),
        )

    def restore(self, *words: str | Path) -> Result:
        """Restore, to its end."""
        process = self.begin(*words)
        stdout, stderr = process.communicate(timeout=120)
        assert "internal error" not in stderr, stderr
        return Result(process.args, process.returncode, stdout, stderr)

    def restored(self, *words: str | Path) -> Result:
        """Restore, and see that it is done."""
        done = self.restore(*words)
        assert done.returncode == 0, done.stderr
        assert leftovers(self.server.data) == []
        return done

    def refused(self, *words: str | Path) -> list[str]:
        """Restore, see that nothing was touched, and return the reasons."""
        before = tree(self.server.data)
        done = self.restore(*words)
        assert done.returncode == 1, done.stdout
        assert done.stdout == ""
        assert tree(self.server.data) == before
        return errors(done)


def errors(done: Result) -> list[str]:
    """Return the errors that were told."""
    return re.findall(r"(?m)^pgx_rcvall: error: (.*)$", done.stderr)


def leftovers(directory: Path) -> list[str]:
    """Return what a restore has left in *directory*, or below it."""
    return [str(path) for path in directory.rglob("*pgx_rcvall*")]


def tree(directory: Path) -> dict[str, bytes | str]:
    """Return what is below *directory*: contents and links, by path."""
    found: dict[str, bytes | str] = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = "directory"
    return found


def empty(directory: Path) -> None:
    """Remove what is in *directory*, as on a new disk."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def numbers(server: Server, table: str = "t") -> list[int]:
    """Start *server* by hand, return the rows of *table*, and stop it."""
    server.start_plain()
    found = server.ask(f"select n from {table} order by n")
    server.stop()
    return [int(line) for line in found.splitlines()]
