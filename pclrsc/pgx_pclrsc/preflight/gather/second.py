"""The second look: at what the first has named, and at the server that it has found."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

from pgx_pclrsc import environment
from pgx_pclrsc.core.definition import ResourceDefinition, is_under
from pgx_pclrsc.preflight.core import borrowing, settings
from pgx_pclrsc.preflight.core.disk_facts import (
    Data,
    Device,
    Lies,
    Place,
    Places,
    Space,
)
from pgx_pclrsc.preflight.core.facts import (
    Answer,
    Configuration,
    Facts,
    Instance,
    Named,
    NamedPath,
    Programs,
)
from pgx_pclrsc.preflight.core.mount_points import covering
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather import asking, disks, server
from pgx_pclrsc.preflight.gather.children import PATIENCE, Asked, Job, ask

DATABASES = ("template1", "postgres")


def look(definition: ResourceDefinition, found: Facts, major: int) -> Facts:
    """Look at what the first look names: places, devices, programs, paths, the server."""
    spaces, paths = _spaces(found), _paths(found)
    devices = _devices(found)
    postmasters = postmasters_of(found.instance)
    jobs = {f"place {i}": _place(definition, found, s) for i, s in enumerate(spaces)}
    jobs |= {
        f"named {i}": Job(partial(server.named, *p), definition)
        for i, p in paths.items()
    }
    jobs |= {f"device {s}": Job(partial(disks.device, s, k)) for s, k in devices}
    jobs |= _server_jobs(definition, major, postmasters)
    said = ask(jobs)
    answers = [f"answer {name}" for name in DATABASES if postmasters]
    return replace(
        found,
        places=_places(found, spaces, said),
        named=_named(found, paths, said),
        devices=tuple(said.take(f"device {s}", Device) for s, _ in devices),
        programs=said.take("programs", Programs)
        if "programs" in jobs
        else _why_none(found),
        answers=tuple(said.take(name, Answer) for name in answers),
    )


def postmasters_of(running: Instance | Unknown) -> tuple[int, ...]:
    """Return those that run, none where that is not known."""
    return () if isinstance(running, Unknown) else running.postmasters


def _spaces(found: Facts) -> list[Space]:
    if isinstance(found.data, Unknown):
        return []
    spaces = [Space("data", found.registered.data_directory), *found.data.spaces]
    conf = found.configuration
    if not (isinstance(conf, Configuration) and settings.archives(conf)):
        return spaces
    directory = settings.archive_directory(conf)
    return [*spaces, Space("archive", directory)] if directory else spaces


def _place(user: ResourceDefinition, found: Facts, space: Space) -> Job:
    part = ""
    if space.role.isdigit() and isinstance(found.data, Data):
        part = f"PG_{found.data.major}_{found.data.catalog}"
    return Job(partial(disks.lies, space.path, part), user)


def _places(found: Facts, spaces: list[Space], said: Asked) -> Places | Unknown:
    if isinstance(found.data, Unknown):
        return found.data
    return tuple(
        Place(space, said.take(f"place {i}", Lies)) for i, space in enumerate(spaces)
    )


def _devices(found: Facts) -> list[tuple[str, str]]:
    """Return device and type of each file system that the data directory is, or will be, on."""
    if isinstance(found.file_systems, Unknown):
        return []
    path = found.registered.data_directory
    entries = covering(found.file_systems.entries, path)
    told = {entry.source: entry.kind for entry in entries}
    above = [one for one in found.file_systems.mounts if is_under(path, one.point)]
    told |= {one.source: one.kind for one in above[-1:] if one.point != "/"}
    return [
        (source, kind) for source, kind in told.items() if source.startswith("/dev/")
    ]


def _paths(found: Facts) -> dict[int, tuple[str, str, str]]:
    conf, data = found.configuration, found.registered.data_directory
    if isinstance(conf, Unknown):
        return {}
    here = not conf.borrowed
    paths = enumerate(settings.named_paths(conf, data))
    return {
        i: named for i, named in paths if here or not borrowing.is_away(found, named[1])
    }


def _named(
    found: Facts, paths: dict[int, tuple[str, str, str]], said: Asked
) -> tuple[NamedPath, ...] | Unknown:
    conf = found.configuration
    if isinstance(conf, Unknown):
        return conf
    away = Unknown("its file system is not mounted on this node", expected=True)
    all_paths = enumerate(settings.named_paths(conf, found.registered.data_directory))
    return tuple(
        NamedPath(name, path, said.take(f"named {i}", Named) if i in paths else away)
        for i, (name, path, _) in all_paths
    )


def _server_jobs(
    user: ResourceDefinition, major: int, postmasters: tuple[int, ...]
) -> dict[str, Job]:
    jobs = {
        f"answer {name}": Job(
            partial(asking.answer, user, postmasters[0], name),
            user,
            asking.WITHIN + PATIENCE / 2,
        )
        for name in DATABASES
        if postmasters
    }
    if major:
        environ = environment.build(user, os.environ)
        jobs["programs"] = Job(
            partial(server.programs, user.bin_dir, major, environ), user
        )
    return jobs


def _why_none(found: Facts) -> Unknown:
    """Return why no programs are looked for: the version is not known."""
    if isinstance(found.data, Unknown):
        return found.data
    return Unknown("the data directory does not tell its version")
