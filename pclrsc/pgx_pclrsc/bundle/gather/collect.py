"""All parts of a bundle: first the secrets that are to be left out, then all the rest."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Collection
from functools import partial

from pgx_base import files
from pgx_base.light.dataclasses import dataclass
from pgx_base.trace import FILE as TRACE
from pgx_base.trace import OLD as TRACE_OLD
from pgx_base.version import VERSION
from pgx_pclrsc import fstab, runentry
from pgx_pclrsc.bundle.gather import known, taking
from pgx_pclrsc.bundle.gather.taking import MB, Taken
from pgx_pclrsc.core import codec
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, NotSeen, ask
from pgx_postgres import identity, server_log

RMS_LOGS, RMS_LOGS_VARIABLE = "/var/opt/SMAWRrms/log", "RELIANT_LOG_PATH"
_PATIENCE = 30.0  # seconds for a part: reading, and leaving secrets out
_TRACE, _LOG = 16 * MB, 4 * MB
_LOGS = {
    TRACE: _TRACE,
    TRACE_OLD: _TRACE,
    server_log.FILE: _LOG,
    server_log.OLD: _LOG,
    f"{server_log.FILE}.1": _LOG,  # logrotate's
    identity.FILE: MB,
}
_PARTS = tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was taken, and the secrets that were left out of it and are to be of all else."""

    taken: list[Taken]
    secrets: frozenset[str]


def everything(definition: ResourceDefinition, root: str) -> Bundle:
    """Return all parts that can be had of the resource on this node."""
    secrets, unseen = _secrets(definition)
    jobs = _jobs(definition, root, secrets)
    said = ask(jobs)
    taken = [*unseen, taking.pack("definition.toml", codec.encode(definition), secrets)]
    for name in jobs:
        found = said.take(name, _PARTS)
        if isinstance(found, Unknown):
            taken.append(Taken(name, "", f"not taken: {found.why}"))
        else:
            taken += found
    return Bundle(taken, secrets)


def _secrets(user: ResourceDefinition) -> tuple[frozenset[str], list[Taken]]:
    jobs = {
        "home": Job(partial(known.at_home, user), user),
        "configuration": Job(partial(known.in_data_directory, user), user),
        "processes": Job(partial(known.in_processes, user.uid), user),
    }
    said = ask(jobs)
    found = set(known.in_variables(user.env, os.environ))
    unseen = []
    for name in jobs:
        told = said.take(name, tuple[str, ...])
        if isinstance(told, Unknown):
            note = f"secrets there are not known ({told.why}): left out by their looks alone"
            unseen.append(Taken(f"({name})", "", note))
            continue
        found |= set(told)
        if len(told) == known.MOST_SECRETS:
            note = f"more than {len(told)} secrets there: others are left out by their looks"
            unseen.append(Taken(f"({name})", "", note))
    return frozenset(found), unseen


def _jobs(
    user: ResourceDefinition, root: str, secrets: Collection[str]
) -> dict[str, Job]:
    """Return a job for each part; what is the OS user's is read as that user."""
    work, data, name = user.work_directory, user.data_directory, user.name
    jobs = {
        file: Job(partial(_log, file, work, most, secrets), user, _PATIENCE)
        for file, most in _LOGS.items()
    }
    jobs["record"] = Job(partial(_record, work, secrets), user, _PATIENCE)
    logs_of_data = partial(taking.collected_logs, data, _LOG, secrets)
    jobs["server"] = Job(logs_of_data, user, _PATIENCE / 3)
    jobs["run-entry"] = Job(partial(_entry, root, name, secrets))
    for part, path in _FILES.items():
        jobs[part] = Job(partial(_whole, part, path, secrets))
    jobs["space.data"] = Job(partial(_space, "space.data", data), user)
    jobs["space.work"] = Job(partial(_space, "space.work", work), user)
    jobs["space.registry"] = Job(partial(_space, "space.registry", root))
    jobs["versions"] = Job(_versions)
    directory = os.environ.get(RMS_LOGS_VARIABLE) or RMS_LOGS
    jobs["rms"] = Job(partial(_rms, directory, secrets), None, _PATIENCE)
    return jobs


# The system's own files, and what they are called in the bundle.
_FILES = {
    "mountinfo": "/proc/self/mountinfo",
    "fstab": fstab.FSTAB,
    "fstab.pcl": fstab.FSTAB_PCL,
    "os-release": "/etc/os-release",
}


def _entry(root: str, name: str, secrets: Collection[str]) -> _PARTS:
    found = runentry.read(root, name)
    if found is None:
        raise NotSeen("there is none")
    (pid, start), text = found
    return (taking.pack("run-entry", f"{pid} {start}\n{text}", secrets),)


def _log(name: str, work: str, most: int, secrets: Collection[str]) -> _PARTS:
    try:
        dir_fd = files.open_workdir(work)
        return (taking.end_of(name, dir_fd, name, most, secrets),)
    except FileNotFoundError as ex:
        raise NotSeen("it is not there") from ex


def _record(work: str, secrets: Collection[str]) -> _PARTS:
    return (taking.the_record("record", work, secrets),)


def _whole(name: str, path: str, secrets: Collection[str]) -> _PARTS:
    return (taking.whole(name, path, secrets),)


def _rms(directory: str, secrets: Collection[str]) -> _PARTS:
    return taking.rms_logs(directory, secrets)


def _space(name: str, path: str) -> _PARTS:
    found = os.statvfs(path)
    text = (
        f"{path}: {found.f_blocks * found.f_frsize} bytes, {found.f_bavail * found.f_frsize} "
        f"free; {found.f_files} files, {found.f_favail} free\n"
    )
    return (taking.pack(name, text, ()),)


def _versions() -> _PARTS:
    text = (
        f"pgx_pclrsc {VERSION}\nPython {sys.version}\n{' '.join(os.uname())}\n"
        f"libc {' '.join(platform.libc_ver())}\n"
    )
    return (taking.pack("versions", text, ()),)
