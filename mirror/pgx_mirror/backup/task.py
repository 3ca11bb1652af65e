"""What pgx_dmpall is to do, whom it tells, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.setup.task import Refused as Refused
from pgx_mirror.setup.task import Teller as Teller


class InRecovery(Exception):
    """The server is a standby: no error but of where the command was run."""


@dataclass(frozen=True, slots=True)
class Task:
    """Whose data is to be backed up, and where to.

    mcdir, server  the management directory, and the server's identifier
    data           the data directory
    destination    backup_destination
    database       what a session with the server is opened in
    user, home     who asks, and whose .pgpass is read
    password       of db_instance_password, empty where there is none
    bin_dir        where PostgreSQL's programs are, empty where they are looked for
    generations    how many backups stay
    """

    mcdir: str
    server: str
    data: str
    destination: str
    database: str
    user: str
    home: str
    password: bytes
    bin_dir: str
    generations: int

    def __repr__(self) -> str:
        return f"Task({self.server!r}, {self.data!r}, {self.destination!r})"
