"""pg_basebackup into an unfinished backup, by the local socket and without a secret to be seen.

The password that has let us in is handed on by a file in memory, which libpq reads as a
.pgpass: nobody sees it in a command line or an environment, and it is gone with us.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pgx_mirror.backup import places
from pgx_mirror.backup.primary import Primary
from pgx_mirror.core import conninfo
from pgx_mirror.core.standby_name import BACKUP
from pgx_mirror.setup.copying import Program

PG_BASEBACKUP = Program(
    "pg_basebackup",
    {
        "initiating base backup": "waiting for a checkpoint",
        "checkpoint completed": "copying",
        "waiting for background process": "waiting for the last of the write-ahead log",
    },
    primary="could not copy the data directory",
)


@dataclass(frozen=True, slots=True)
class Copy:
    """What is copied where: *directory* is the unfinished backup's, *programs* have the copier.

    passfile  where libpq finds passwords
    """

    programs: str
    primary: Primary
    user: str
    name: str
    directory: str
    passfile: str

    @property
    def program(self) -> Program:
        """pg_basebackup."""
        return PG_BASEBACKUP

    @property
    def environ(self) -> Mapping[str, str]:
        """Nothing besides."""
        return {}

    def line(self) -> list[str]:
        """Return the command line; there is no secret in it."""
        return [
            f"{self.programs}/{self.program.name}",
            f"--pgdata={places.base(self.directory)}",
            *(f"--tablespace-mapping={one}" for one in self._mapped()),
            "--format=plain",
            "--wal-method=stream",
            "--checkpoint=fast",
            f"--label={self.name}",
            # All is synced while it is verified: see `proving`.
            "--no-sync",
            "--no-clean",
            "--progress",
            "--verbose",
            "--no-password",
            f"--dbname={self._conninfo()}",
        ]

    def _mapped(self) -> Iterator[str]:
        for oid, path in self.primary.spaces.items():
            yield f"{_escaped(path)}={_escaped(places.space(self.directory, oid))}"

    def _conninfo(self) -> str:
        at = self.primary.address
        where = {"host": at.host} if at.is_local else {"hostaddr": at.hostaddr}
        words = where | {
            "port": str(at.port),
            "user": self.user,
            "application_name": BACKUP,
            "passfile": self.passfile,
        }
        return " ".join(
            f"{name}={conninfo.quoted(text)}" for name, text in words.items()
        )


def _escaped(path: str) -> str:
    return path.replace("=", "\\=")


@contextmanager
def passfile(password: bytes, home: str) -> Iterator[str]:
    """Yield the path of a file that has *password*; without one, of .pgpass in *home*."""
    if not password:
        yield f"{home}/.pgpass"
        return
    fd = os.memfd_create("passfile")
    try:
        os.fchmod(fd, 0o600)  # libpq ignores one that others may read
        escaped = password.replace(b"\\", b"\\\\").replace(b":", b"\\:")
        os.write(fd, b"*:*:*:*:" + escaped + b"\n")
        yield f"/proc/{os.getpid()}/fd/{fd}"
    finally:
        os.close(fd)
