"""All facts of one resource on this node, in rounds: what one finds the next one needs."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TypeVar

from pgx_pclrsc import environment
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core import borrowing, settings
from pgx_pclrsc.preflight.core.facts import (
    Answer,
    Collation,
    Configuration,
    Facts,
    Library,
    Locale,
    Programs,
)
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather import asking, first, second, server
from pgx_pclrsc.preflight.gather.children import PATIENCE, Asked, Job, ask

_STOPPED = Unknown("the instance does not run here, or does not answer", expected=True)
Seen = TypeVar("Seen")


def facts(definition: ResourceDefinition, root: str, peer: Facts | None) -> Facts:
    """Return what is seen of the resource on this node; the registry is at *root*.

    What only the node that has the disk can tell is taken from *peer*, where it is given.
    """
    found = first.look(definition, root)
    if peer is not None:
        found = borrowing.borrowed(found, peer)
    found = second.look(definition, found, borrowing.version_of(found, peer))
    found = _third(definition, found)
    return _last(definition, found, peer)


def _third(definition: ResourceDefinition, found: Facts) -> Facts:
    """Look at what lies beside the programs, and ask with them."""
    programs, conf = found.programs, found.configuration
    postmasters = second.postmasters_of(found.instance) if _answered(found) else ()
    jobs: dict[str, Job] = {}
    if (
        isinstance(programs, Programs)
        and programs.pkglibdir
        and isinstance(conf, Configuration)
    ):
        jobs["libraries"] = _library_job(definition, conf, programs)
    if isinstance(programs, Programs) and programs.directory and postmasters:
        environ = environment.build(definition, os.environ, programs.directory)
        asked = partial(
            asking.collations,
            definition,
            postmasters[0],
            programs.directory,
            borrowing.major(found),
            environ,
        )
        jobs["collations"] = Job(asked, definition, asking.WITHIN + PATIENCE / 2)
    said = ask(jobs)
    collations = _taken(said, jobs, "collations", tuple[Collation, ...])
    libraries = _taken(said, jobs, "libraries", tuple[Library, ...])
    return replace(
        found,
        collations=_STOPPED if collations is None else collations,
        libraries=_no_libraries(found) if libraries is None else libraries,
    )


def _answered(found: Facts) -> bool:
    """Whether it is of use to ask the server more."""
    return any(isinstance(a, Answer) and a.kind == "row" for a in found.answers)


def _taken(
    said: Asked, jobs: dict[str, Job], name: str, of: type[Seen]
) -> Seen | Unknown | None:
    return said.take(name, of) if name in jobs else None


def _library_job(
    user: ResourceDefinition, conf: Configuration, programs: Programs
) -> Job:
    wanted = list(settings.preloaded(conf))
    path = conf.value("dynamic_library_path")
    return Job(partial(server.libraries, wanted, programs.pkglibdir, path), user)


def _no_libraries(found: Facts) -> tuple[Library, ...] | Unknown:
    conf = found.configuration
    if isinstance(conf, Unknown):
        return conf
    if not list(settings.preloaded(conf)):
        return ()
    return Unknown("the server's library directory is not found")


def _last(user: ResourceDefinition, found: Facts, peer: Facts | None) -> Facts:
    """Look at the locales that configuration and databases name, here or on *peer*."""
    conf, collations = found.configuration, found.collations
    if isinstance(conf, Unknown) and isinstance(collations, Unknown):
        return replace(found, locales=conf)
    names = set(settings.locales(conf)) if isinstance(conf, Configuration) else set()
    if not isinstance(collations, Unknown):
        libc = {one.locale for one in collations if one.provider == "libc"}
        names |= libc - {"", "C", "POSIX"}
    if peer is not None and not isinstance(peer.locales, Unknown):
        names |= {one.name for one in peer.locales}
    # As the user: the names are the user's, and no library of root's is to go by them.
    said = ask({"locales": Job(partial(asking.locales, sorted(names)), user)})
    return replace(found, locales=said.take("locales", tuple[Locale, ...]))
