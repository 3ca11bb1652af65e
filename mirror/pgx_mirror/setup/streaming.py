"""mc_ctl setup by streaming: nothing is copied, the directory only becomes a standby's.

    1. the slot keeps the primary's write-ahead log (`keeping`); where none is to, one that
       is there is dropped: it would keep all for ever
    2. names set, mark NEW of a new generation
    3. primary_conninfo and primary_slot_name
    4. standby.signal

    cut short after  started by pg_ctl             started by mc_ctl
    1                as it was before              as it was before
    2, 3             a primary that waits for one, refused: promoted by hand; the next setup
                     or the standby that it was    looks again.  Or the standby
    4                the standby                   the standby
What is written by hand at 2 or 3 is in the log that the next setup finds the end of.
"""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import slot_name
from pgx_mirror.data import auto_conf, signal_file, steps
from pgx_mirror.setup import finishing, programs, source
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Task, Teller

# libpq's variables for how it connects; none of them holds a secret.
_SAID_BY_ENVIRONMENT = {
    "PGPASSFILE": "passfile",
    "PGSSLMODE": "sslmode",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGSSLROOTCERT": "sslrootcert",
}


def follow(task: Task, told: Told, slot: str, teller: Teller) -> None:
    """Make the standby, which streams by *slot*, empty for none.  Raises Failure."""
    if not slot:
        source.drop_slot(task.source, slot_name.of(task.server))
    finishing.settle(task, told, teller)
    stream_by(task.data, conninfo(task), slot)


def conninfo(task: Task) -> str:
    """Return what pg_basebackup would write: what the environment says is part of it."""
    more, environment = task.source.more, _passfile() | programs.environment()
    also = {
        name: environment[variable]
        for variable, name in _SAID_BY_ENVIRONMENT.items()
        if environment.get(variable) and f"{name}=" not in more.replace(" ", "")
    }
    return task.source.conninfo(**also, application_name=task.source.joining)


def _passfile() -> dict[str, str]:
    """Return where setup itself found the password: the server may be started with another HOME."""
    found = f"{os.environ.get('HOME', '')}/.pgpass"
    return {"PGPASSFILE": found} if os.path.isfile(found) else {}


def stream_by(data: str, how: str, slot: str) -> None:
    """Have *data* be a standby's, by the connection *how* and *slot*, durably.

    Raises Failure.
    """
    try:
        dir_fd = steps.open_directory(data)
        try:
            if how:
                auto_conf.put(dir_fd, auto_conf.CONNINFO, how)
            auto_conf.put(dir_fd, auto_conf.SLOT, slot)
            signal_file.create(dir_fd)
        finally:
            os.close(dir_fd)
    except OSError as ex:
        raise Failure(
            f"could not write into data directory {quoted(data)}: {ex.strerror}"
        ) from ex
