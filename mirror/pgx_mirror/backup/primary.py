"""The server that is backed up, asked by a session as the controller asks it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup.task import InRecovery, Task
from pgx_mirror.core.standby_name import BACKUP
from pgx_mirror.data import signal_file, steps
from pgx_mirror.database.access import Access
from pgx_mirror.database.opening import open_session
from pgx_mirror.database.session import Rows, Session
from pgx_mirror.database.trouble import Refused, Trouble
from pgx_mirror.setup import local
from pgx_postgres import pidfile
from pgx_postgres.probe import addresses
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.login import Login

_WITHIN = 60.0  # seconds: sizes are counted file by file
SETTINGS = ("archive_mode", "archive_command", "max_wal_senders")
_SETTINGS = ", ".join(f"current_setting('{name}')" for name in SETTINGS)
_STANDBY = "select pg_is_in_recovery()"
_ABOUT = f"""select (select system_identifier from pg_control_system()),
 current_setting('server_version_num')::int / 10000,
 (select count(*) from pg_stat_replication), {_SETTINGS}"""  # noqa: S608  # names of ours
_SPACES = "select oid, pg_tablespace_location(oid), pg_tablespace_size(oid) from pg_tablespace"


@dataclass(frozen=True, slots=True)
class Primary:
    """What it has said.

    address   where it let us in, and *password*: by which, empty without one
    system    the system identifier
    senders   how many receive its write-ahead log, or are copying it
    spaces    where each tablespace lies that is not in the data directory, by its OID
    size      bytes of all of its files
    settings  SETTINGS by name
    """

    address: Address
    system: str
    major: int
    senders: int
    size: int
    spaces: Mapping[str, str]
    settings: Mapping[str, str]
    password: bytes = field(default=b"", repr=False)


def ask(task: Task) -> Primary:
    """Ask the server on the data directory.  Raises InRecovery, Failure."""
    pid = local.postmaster(task.data)
    if not pid:
        raise Failure(
            f"no server runs on data directory {quoted(task.data)}",
            hint="Start it: mc_ctl start.",
        )
    if _is_standby(task.data):
        raise InRecovery  # one that lets nobody in yet is one as well
    try:
        access = _access(task, pid)
        with open_session(access, _WITHIN) as session:
            return _asked(session)
    except Refused as ex:
        raise _unasked(task, str(ex), _way_in(ex.sqlstate)) from ex
    except (Trouble, pidfile.Garbled, OSError) as ex:
        raise _unasked(task, str(ex)) from ex


def _access(task: Task, pid: int) -> Access:
    found = addresses.of_server(pid, pidfile.read(task.data), task.data)
    login = Login(task.user, task.home, application=BACKUP, password=task.password)
    return Access(tuple(found), login, task.database)


def _asked(session: Session) -> Primary:
    [(standby,)] = session.ask(_STANDBY, _WITHIN)[0]
    if standby == "t":
        raise InRecovery
    [(system, major, senders, *values)] = session.ask(_ABOUT, _WITHIN)[0]
    spaces = session.ask(_SPACES, _WITHIN)[0]
    return Primary(
        session.address,
        str(system),
        int(major or 0),
        int(senders or 0),
        sum(int(size or 0) for _, _, size in spaces),
        _elsewhere(spaces),
        dict(zip(SETTINGS, map(str, values), strict=True)),
        session.password,
    )


def _elsewhere(spaces: Rows) -> dict[str, str]:
    """Return the tablespaces of their own; PostgreSQL copies those within the directory."""
    found = {str(oid): str(path) for oid, path, _ in spaces}
    return {oid: path for oid, path in found.items() if path.startswith("/")}


def _is_standby(data: str) -> bool:
    """Whether standby.signal is there: PostgreSQL removes it before it accepts a commit."""
    dir_fd = steps.open_directory(data)
    try:
        return signal_file.is_there(dir_fd)
    finally:
        os.close(dir_fd)


def _way_in(code: str) -> str | None:
    if not code.startswith("28"):
        return None
    return "Correct db_instance_password, .pgpass or pg_hba.conf."


def _unasked(task: Task, why: str, hint: str | None = None) -> Failure:
    return Failure(
        f"could not ask the server on data directory {quoted(task.data)}: {why}",
        hint=hint,
    )
