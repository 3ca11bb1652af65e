"""The secrets themselves, as the OS user has them: none of them may be in the bundle.

Of each place no more than MOST_SECRETS are told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from pgx_base import files, proc
from pgx_pclrsc.bundle.core import places
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres import included

_MOST = 1 << 18  # bytes of one file
MOST_SECRETS = (
    300  # of a place: each is looked for, in several writings, in all that is taken
)
_MOST_PROCESSES = 300
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def at_home(definition: ResourceDefinition) -> tuple[str, ...]:
    """Return those of the home directory, and of what the definition's variables name."""
    home, env = definition.home, definition.env
    found: set[str] = set()
    for file in (f"{home}/.pgpass", env.get("PGPASSFILE", "")):
        found |= places.in_passfile(_text(file))
    services = f"{home}/.pg_service.conf", env.get("PGSERVICEFILE", "")
    for file in (*services, f"{env.get('PGSYSCONFDIR', '/etc')}/pg_service.conf"):
        found |= places.in_text(_text(file))
    return _first(found)


def in_data_directory(definition: ResourceDefinition) -> tuple[str, ...]:
    """Return those of PostgreSQL's configuration."""
    data = definition.data_directory
    conf = definition.config_file or included.CONF
    found: set[str] = set()
    for file in (conf, included.AUTO_CONF, "pg_hba.conf", "recovery.conf"):
        found |= places.in_text(_text(os.path.join(data, file)))
    try:
        for one in included.settings(files.open_workdir(data), conf):
            name, value = os.fsdecode(one.name), os.fsdecode(one.value)
            found |= places.in_setting(name, value)
    except OSError:
        pass  # it is not mounted here
    return _first(found)


def in_processes(uid: int) -> tuple[str, ...]:
    """Return those in the environment of the processes of *uid*."""
    found: set[str] = set()
    for pid in _pids_of(uid)[:_MOST_PROCESSES]:
        found |= places.in_environment(places.variables(_text(f"/proc/{pid}/environ")))
    return _first(found)


def in_variables(*environments: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of *environments*."""
    sets: Iterable[set[str]] = map(places.in_environment, environments)
    return tuple(set().union(*sets))


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(found)[:MOST_SECRETS])


def _text(path: str) -> str:
    """Return the beginning of *path*, "" for what cannot be read; the OS user's own."""
    if not path:
        return ""
    try:
        fd = os.open(path, _READ)
    except OSError:
        return ""
    try:
        return os.read(fd, _MOST).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    finally:
        os.close(fd)


def _pids_of(uid: int) -> list[int]:
    return [pid for pid in proc.pids() if proc.uid_of(pid) == uid]
