"""Registering resources: what is asked for, what this node says of it, and writing it down."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pgx_base import users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.users import OsUser
from pgx_pclrsc import registry, runentry, store
from pgx_pclrsc.core.definition import ResourceDefinition, plain, problems
from pgx_pclrsc.tool import activity, changes, rights, workdir
from pgx_pclrsc.tool.refused import Refused


@dataclass
class Findings:
    """What was found out about a registration that is asked for."""

    reasons: list[Failure]
    warnings: list[Failure]
    user: OsUser | None = None

    def refuse_if_any(self) -> None:
        """Raise Refused where there are reasons."""
        if self.reasons:
            raise Refused(self.reasons, self.warnings)


def register(
    root: str, values: Mapping[str, Any], reasons: Iterable[Failure] = ()
) -> list[Failure]:
    """Register the resource that *values* describe, and return what to warn of.

    *reasons* say what is wrong with *values* themselves: they are told together with all
    others.  Raises Refused.  Nothing is written unless everything is right.
    """
    found = look(root, values, reasons)
    found.refuse_if_any()
    assert found.user is not None
    try:
        write(root, [build(values, found.user)])
    except Failure as ex:
        raise Refused([ex], found.warnings) from ex
    return found.warnings


def look(
    root: str, values: Mapping[str, Any], reasons: Iterable[Failure] = ()
) -> Findings:
    """Return what this node says of *values*, behind the *reasons* that are known."""
    found = Findings(list(reasons), [])
    _look_at_node(root, values, found)
    return found


def _look_at_node(root: str, values: Mapping[str, Any], found: Findings) -> None:
    """Add what this node says of those values that are right in themselves."""
    sound = {key for key in values if not problems({key: values[key]})}
    ours = values["name"] if "name" in sound else ""
    _try(found, lambda: rights.check_change(root))
    if "name" in sound:
        _try(found, lambda: _check_new(root, values["name"]))
    if "os_user" in sound:
        _try(found, lambda: _find_user(values["os_user"], found))
        if user := found.user:
            _try(found, lambda: _look_at_reach(root, user, found))
    if "work_directory" in sound:
        work = plain(values["work_directory"])
        data = plain(values["data_directory"]) if "data_directory" in sound else None
        if found.user:
            _try(found, lambda: _look_at_workdir(found, work, data))
        _try(found, lambda: _check_unshared(root, work, ours))
    if "data_directory" in sound:
        data = plain(values["data_directory"])
        _try(found, lambda: _check_data(root, data, ours))


def _try(found: Findings, check: Any) -> None:
    try:
        check()
    except Failure as ex:
        if ex.primary not in [reason.primary for reason in found.reasons]:
            found.reasons.append(ex)  # an unreadable registry is told once


def _check_new(root: str, name: str) -> None:
    if store.exists(name, root):
        raise Failure(
            f"resource {quoted(name)} already exists",
            hint="-m changes some of its settings; for others remove it with -d first.",
        )


def _find_user(name: str, found: Findings) -> None:
    user = users.look_up(name)
    if not users.may_become(user):
        raise Failure(
            f"cannot register a resource of OS user {quoted(name)}",
            detail="Only root can do that for another user.",
        )
    found.user = user


def _look_at_reach(root: str, user: OsUser, found: Findings) -> None:
    found.reasons += rights.reasons_of(user, root)


def _look_at_workdir(found: Findings, work: str, data: str | None) -> None:
    assert found.user is not None
    reasons, warnings = workdir.look(found.user, work, data)
    found.reasons += reasons
    found.warnings += warnings


def _check_unshared(root: str, work: str, ours: str) -> None:
    """Two monitors cannot keep their records in one directory."""
    for name in _others(root, ours):
        try:
            other = os.readlink(registry.work_link(root, name))
        except OSError:
            continue
        if other == work or _same(other, work):
            raise Failure(
                f"work directory {quoted(work)} is that of resource {quoted(name)}",
                hint="Give each resource a work directory of its own.",
            )


def _same(one: str, other: str) -> bool:
    """Whether both lead to one directory; where nothing is mounted their names tell."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _others(root: str, ours: str) -> list[str]:
    """Return the other resources: that there is one of our name is told by itself."""
    return [name for name in store.list_names(root) if name != ours]


def _check_data(root: str, data: str, ours: str) -> None:
    """Offline of one resource would stop the other's server."""
    for name in _others(root, ours):
        other = _data_of(root, name)
        if other and _same(other, data):
            raise Failure(
                f"data directory {quoted(data)} is that of resource {quoted(name)}",
                hint="An instance has one resource: remove the other with -d first.",
            )


def _check_apart(one: ResourceDefinition, others: Sequence[ResourceDefinition]) -> None:
    """Links may lead to one directory, of two that are registered together."""
    for other in others:
        for key in ("data_directory", "work_directory"):
            path = getattr(one, key)
            if _same(path, getattr(other, key)):
                words, theirs = key.replace("_", " "), quoted(other.name)
                raise Failure(f"{words} {quoted(path)} is that of resource {theirs}")


def _data_of(root: str, name: str) -> str:
    try:
        return store.load(name, root).data_directory
    except Failure:
        return ""  # whose it is nobody can tell


def build(values: Mapping[str, Any], user: OsUser) -> ResourceDefinition:
    """Return the definition that *values* make with *user*.  Raises Refused."""
    paths = ("data_directory", "work_directory", "bin_dir", "config_file")
    settings = {
        **values,
        **{key: plain(values[key]) for key in paths if values.get(key)},
        "nodes": tuple(values["nodes"]),
        "db_user": values.get("db_user", user.os_user),
    }
    definition = ResourceDefinition(
        **settings,
        uid=user.uid,
        gid=user.gid,
        groups=user.groups,
        home=user.home,
        shell=user.shell,
    )
    if strange := definition.check():  # what the user database said
        raise Refused(strange)
    return definition


def write(root: str, definitions: Sequence[ResourceDefinition]) -> None:
    """Write all *definitions*, and take all of it back when a part of it fails.

    Raises Failure.
    """
    changes.make_root(root)
    with changes.locked(root) as root_fd:
        for at, one in enumerate(definitions):
            _check_new(root, one.name)
            _check_unshared(root, one.work_directory, one.name)
            _check_data(root, one.data_directory, one.name)
            _check_apart(one, definitions[:at])
        with ExitStack() as undo:
            idle = [one for one in definitions if not _prepare(root_fd, one, undo)]
            changes.commit(root_fd, [one.name for one in definitions])
            undo.pop_all()
        for one in definitions:
            workdir.settle(one)
        for one in idle:
            _forget_entry(root, one.name)


def _prepare(root_fd: int, definition: ResourceDefinition, undo: ExitStack) -> bool:
    """Make everything but the name; return whether something of the resource runs."""
    undo.callback(changes.discard, root_fd, definition.name)
    changes.stage(root_fd, definition)
    runs = activity.runs(definition)
    done = workdir.prepare(definition, keep=runs)
    undo.callback(workdir.undo, definition, done)
    return runs


def _forget_entry(root: str, name: str) -> None:
    """Remove what another resource of this name has left under /run."""
    try:
        runentry.remove(root, name)
    except OSError:
        pass  # it names nobody that lives
