"""Definitions on their way to another node, as the text of one file.  Pure.

A table a resource, with every setting, and the ids of its OS user, which the other node is
to have too; the rest of what is known of the user is each node's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted
from pgx_pclrsc.core import codec, key_value
from pgx_pclrsc.core.definition import (
    CHECKS,
    IDENTITY,
    REQUIRED,
    SETTINGS,
    ResourceDefinition,
    is_under,
    problems,
)

VERSION = "export-version"  # no resource can be called so
IDS = ("uid", "gid")
_KEYS = (*SETTINGS[1:], *IDS)  # the name is the table's
_NEEDED = tuple(key for key in REQUIRED if key not in (*IDENTITY, "name"))
_HEAD = "# Definitions of resources, for `pgx_pclrsc --import` on another node.\n"


@dataclass(frozen=True, slots=True)
class Carried:
    """A resource that a file has: its settings and ids by key, and all that is wrong with it."""

    name: str
    values: dict[str, Any]
    ids: dict[str, Any]
    problems: tuple[Failure, ...]


def written(definitions: Sequence[ResourceDefinition], version: str) -> str:
    """Return the text of a file with *definitions*, written by programs of *version*."""
    document: dict[str, object] = {VERSION: version}
    for one in definitions:
        table = codec.settings(one) | {key: getattr(one, key) for key in IDS}
        del table["name"]
        document[one.name] = table
    return _HEAD + key_value.written(document)


def read(text: str, version: str) -> tuple[list[Carried], list[Failure]]:
    """Return the resources that *text* has, and what is wrong with the file as a whole.

    Programs of *version* read only what programs of that very version have written.
    """
    try:
        document = key_value.read(text)
    except key_value.Unreadable as ex:
        text = f"line {ex.line} cannot be understood: {ex.reason}"
        return [], [Failure(text)]
    tables = {key: it for key, it in document.items() if isinstance(it, Mapping)}
    found = [_resource(name, table) for name, table in tables.items()]
    faults = _about_version(document.get(VERSION), version)
    stray = [key for key in document if key not in tables and key != VERSION]
    faults += [Failure(f"unrecognized key {quoted(key)}") for key in stray]
    if not tables:
        faults.append(Failure("no resource in the file"))
    return found, [*faults, *_shared(found)]


def _about_version(found: object, ours: str) -> list[Failure]:
    if found == ours:
        return []
    detail = f"This is version {ours}."
    if not isinstance(found, str):
        return [Failure("the file does not say which version wrote it", detail=detail)]
    return [
        Failure(
            f"the file is of version {quoted(found)}",
            detail=detail,
            hint="Have one version on all nodes, or register with -a.",
        )
    ]


def _resource(name: str, table: Mapping[str, Any]) -> Carried:
    known = {key: value for key, value in table.items() if key in _KEYS}
    values = {"name": name, **known}
    ids = {key: values.pop(key) for key in IDS if key in values}
    if isinstance(values.get("nodes"), list):
        values["nodes"] = tuple(values["nodes"])
    found = [Failure(f"unrecognized key {quoted(k)}") for k in table if k not in _KEYS]
    found += [Failure(f"missing key {quoted(k)}") for k in _NEEDED if k not in table]
    return Carried(name, values, ids, (*found, *problems(values), *problems(ids)))


def _shared(found: Sequence[Carried]) -> list[Failure]:
    """Return which resources of one file get in each other's way, by their paths alone."""
    faults = []
    for at, one in enumerate(found):
        for other in found[:at]:
            faults += _between(one, other)
    return faults


def _between(one: Carried, other: Carried) -> list[Failure]:
    found, theirs = [], quoted(other.name)
    if _same(one, other, "data_directory"):
        path = quoted(one.values["data_directory"])
        found.append(Failure(f"data directory {path} is that of resource {theirs}"))
    if _same(one, other, "work_directory"):
        path = quoted(one.values["work_directory"])
        found.append(Failure(f"work directory {path} is that of resource {theirs}"))
    return found


def _same(one: Carried, other: Carried, key: str) -> bool:
    path, theirs = one.values.get(key), other.values.get(key)
    if not (isinstance(path, str) and isinstance(theirs, str)):
        return False
    return is_under(path, theirs) and is_under(theirs, path)


assert set(_KEYS) <= set(CHECKS)  # what is carried can be checked
