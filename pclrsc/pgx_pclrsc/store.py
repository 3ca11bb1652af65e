"""The registry directory: reading, adding and removing a resource.

A resource is there when its directory is, and a directory comes and goes by one
rename.  Killed at any instant, `add` and `remove` leave the whole resource or none;
what a killed run left beside (names that begin with a dot) the next one clears away.
"""

from __future__ import annotations

import os
import stat

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import registry, runentry
from pgx_pclrsc.core import codec
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.registry import registry_root as registry_root

_LARGEST = 1 << 20  # bytes of a definition


class UnknownResource(Failure):
    """The registry can be read, and has no such entry."""

    def __init__(self, name: str) -> None:
        super().__init__(
            primary=f"resource {quoted(name)} does not exist",
            hint="pgx_pclrsc -p lists the resources that are registered on this node.",
        )


def load(name: str, root: str | None = None) -> ResourceDefinition:
    """Return the definition of resource *name* in the registry at *root*.

    Raises UnknownResource where the registry can be read and has no such entry, else
    Failure.
    """
    where = root or registry_root()
    if not registry.is_name(name) or not exists(name, where):
        raise UnknownResource(name)
    try:
        definition = codec.decode(_read(registry.definition_path(where, name)))
    except Failure as ex:
        raise _unreadable(name, ex.detail, ex.hint) from ex
    except OSError as ex:
        raise _unreadable(name, f"{ex.filename}: {ex.strerror}.") from ex
    _check_entry(where, name, definition)
    return definition


def find(root: str, name: str) -> ResourceDefinition | None:
    """Return the definition from the registry, else from the entry under /run, else None."""
    try:
        return load(name, root)
    except Failure:
        entry = runentry.read(root, name)
    try:
        return None if entry is None else codec.decode(entry[1])
    except Failure:
        return None


def exists(name: str, root: str) -> bool:
    """Whether the registry at *root* has an entry *name*.  Raises Failure if unreadable."""
    try:
        os.lstat(registry.entry(root, name))
    except FileNotFoundError as ex:
        if os.path.islink(root) and not os.path.exists(root):
            raise unreadable_registry(root, ex) from ex
        return False
    except OSError as ex:
        raise unreadable_registry(root, ex) from ex
    return True


def unreadable_registry(root: str, problem: OSError) -> Failure:
    """Return the refusal for a registry that cannot be read."""
    return Failure(f"could not read registry {quoted(root)}: {problem.strerror}")


def _unreadable(name: str, detail: str | None, hint: str | None = None) -> Failure:
    return Failure(
        f"could not read definition of resource {quoted(name)}",
        detail=detail,
        hint=hint,
    )


def _read(path: str) -> str:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Failure(
                "could not read definition", detail="It is not a regular file."
            )
        data = file.read(_LARGEST)
    return data.decode("utf-8", "surrogateescape")


def _check_entry(root: str, name: str, definition: ResourceDefinition) -> None:
    """Refuse an entry whose parts disagree: Check goes by the link, Online by the text."""
    if definition.name != name:
        raise _unreadable(name, f"It is the definition of {quoted(definition.name)}.")
    link = registry.work_link(root, name)
    try:
        target = os.readlink(link)
    except OSError as ex:
        raise _unreadable(name, f"Link {quoted(link)}: {ex.strerror}.") from ex
    if target != definition.work_directory:
        raise _unreadable(
            name,
            f"Link {quoted(link)} leads to {quoted(target)}, "
            f"the definition says {quoted(definition.work_directory)}.",
        )


def list_names(root: str) -> list[str]:
    """Return the names of all resources, sorted.  Raises Failure."""
    try:
        return sorted(filter(registry.is_name, os.listdir(root)))
    except OSError as ex:
        if not registry.is_there(root):
            return []
        raise unreadable_registry(root, ex) from ex
