"""What the tests of the archive command do again and again."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fixtures.commands import command
from fixtures.os_user import OsUser

NAME = "000000010000000000000003"
SIZE = 1 << 20  # bytes: a server may have been made with files of one megabyte
PROGRAM = "pgx_walcopy.cmd"


def segment(fill: bytes = b"x", size: int = SIZE) -> bytes:
    """Return what a server's file is like: its first page says how long it is."""
    page = struct.pack("=HHIQIIQII", 0xD110, 2, 1, 3 * SIZE, 0, 0, 7000, SIZE, 8192)
    return page + fill * (size - len(page))


@dataclass
class Archiving:
    """A server's data directory, and an archive, both the OS user's."""

    data: Path
    archive: Path
    user: OsUser

    def make(self) -> None:
        for path in (self.data, self.data / "pg_wal", self.archive):
            path.mkdir(mode=0o700)
            self.user.own(path)

    def put(self, content: bytes, name: str = NAME) -> Path:
        """Have the server keep a file."""
        path = self.data / "pg_wal" / name
        path.write_bytes(content)
        self.user.own(path)
        return path

    def lay(self, content: bytes, name: str = NAME) -> Path:
        """Have the archive keep a file already."""
        path = self.archive / name
        path.write_bytes(content)
        self.user.own(path)
        return path

    def words(self, name: str = NAME, program: str = PROGRAM) -> list[str]:
        """Return what the server's shell calls."""
        return [str(command(program)), f"pg_wal/{name}", str(self.archive / name)]

    def call(
        self, name: str = NAME, program: str = PROGRAM
    ) -> subprocess.CompletedProcess[str]:
        """Call it as the server does: from the data directory."""
        return subprocess.run(
            self.words(name, program),
            cwd=self.data,
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            **self.user.popen_options(),
        )

    def refused(self, name: str = NAME) -> str:
        """Call it in vain; return what it says."""
        done = self.call(name)
        assert done.returncode == 1, done
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert "internal error" not in done.stderr
        return done.stderr

    def there(self) -> dict[str, bytes]:
        """Return what the archive has."""
        return {path.name: path.read_bytes() for path in self.archive.iterdir()}


def interpreter(*words: str) -> list[str]:
    """Return a call of a bare interpreter."""
    return [sys.executable, "-IS", *words]
