"""What `pgx_pclrsc` does, one function an action.  Nothing here prints or exits.

A refusal that has several reasons raises Refused with all of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pgx_base import users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.users import OsUser
from pgx_pclrsc import registry, runentry, store
from pgx_pclrsc.core import codec, key_value
from pgx_pclrsc.core.definition import ResourceDefinition, plain, problems
from pgx_pclrsc.tool import activity, changes, rights, workdir

_STOP_FIRST = "Take the resource Offline and stop RMS on this node first (manual 3.2)."


class Refused(Exception):
    """All reasons why a command is refused, and what it has to warn of besides."""

    def __init__(
        self, reasons: Iterable[Failure], warnings: Iterable[Failure] = ()
    ) -> None:
        super().__init__()
        self.reasons = list(reasons)
        self.warnings = list(warnings)


@dataclass
class _Findings:
    """What was found out about a registration that is asked for."""

    reasons: list[Failure]
    warnings: list[Failure]
    user: OsUser | None = None

    def refuse_if_any(self) -> None:
        if self.reasons:
            raise Refused(self.reasons, self.warnings)


def register(
    root: str, values: Mapping[str, Any], reasons: Iterable[Failure] = ()
) -> list[Failure]:
    """Register the resource that *values* describe, and return what to warn of.

    *reasons* say what is wrong with *values* themselves: they are told together with all
    others.  Raises Refused.  Nothing is written unless everything is right.
    """
    found = _Findings(list(reasons), [])
    _look_at_node(root, values, found)
    found.refuse_if_any()
    assert found.user is not None
    definition = _build(values, found.user)
    try:
        _write(root, definition)
    except Failure as ex:
        raise Refused([ex], found.warnings) from ex
    return found.warnings


def _look_at_node(root: str, values: Mapping[str, Any], found: _Findings) -> None:
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


def _try(found: _Findings, check: Any) -> None:
    try:
        check()
    except Failure as ex:
        if ex.primary not in [reason.primary for reason in found.reasons]:
            found.reasons.append(ex)  # an unreadable registry is told once


def _check_new(root: str, name: str) -> None:
    if store.exists(name, root):
        raise Failure(
            f"resource {quoted(name)} already exists",
            hint="To change a resource, remove it with -d and register it again.",
        )


def _find_user(name: str, found: _Findings) -> None:
    user = users.look_up(name)
    if not users.may_become(user):
        raise Failure(
            f"cannot register a resource of OS user {quoted(name)}",
            detail="Only root can do that for another user.",
        )
    found.user = user


def _look_at_reach(root: str, user: OsUser, found: _Findings) -> None:
    found.reasons += rights.reasons_of(user, root)


def _look_at_workdir(found: _Findings, work: str, data: str | None) -> None:
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


def _data_of(root: str, name: str) -> str:
    try:
        return store.load(name, root).data_directory
    except Failure:
        return ""  # whose it is nobody can tell


def _build(values: Mapping[str, Any], user: OsUser) -> ResourceDefinition:
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


def _write(root: str, definition: ResourceDefinition) -> None:
    """Write everything, and take all of it back when a part of it fails."""
    changes.make_root(root)
    with changes.locked(root) as root_fd:
        _check_new(root, definition.name)
        _check_unshared(root, definition.work_directory, definition.name)
        _check_data(root, definition.data_directory, definition.name)
        changes.stage(root_fd, definition)
        try:
            runs = activity.runs(definition)
            done = workdir.prepare(definition, keep=runs)
        except BaseException:
            changes.discard(root_fd, definition.name)
            raise
        try:
            changes.commit(root_fd, definition.name)
        except BaseException:
            workdir.undo(definition, done)
            changes.discard(root_fd, definition.name)
            raise
        workdir.settle(definition)
        if not runs:
            _forget_entry(root, definition.name)


def _forget_entry(root: str, name: str) -> None:
    """Remove what another resource of this name has left under /run."""
    try:
        runentry.remove(root, name)
    except OSError:
        pass  # it names nobody that lives


def remove(root: str, name: str) -> list[Failure]:
    """Remove resource *name*, and return what to warn of.

    Raises Failure, also while something of the resource runs on this node.
    """
    if not store.exists(name, root):
        raise store.UnknownResource(name)
    rights.check_change(root)
    with changes.locked(root) as root_fd:
        definition, warnings = _as_far_as_known(root, name)
        work = (
            definition.work_directory if definition else registry.work_link(root, name)
        )
        with activity.no_transition(name, work):
            _check_idle(name, work, definition)
            changes.remove(root_fd, name)
            runentry.remove(root, name)  # no script may take the resource from there
    return warnings


def _as_far_as_known(
    root: str, name: str
) -> tuple[ResourceDefinition | None, list[Failure]]:
    try:
        return store.load(name, root), []
    except store.UnknownResource:
        raise  # another run was quicker
    except Failure as ex:
        warning = Failure(
            f"could not look for an instance of resource {quoted(name)}",
            detail=f"{ex.primary}: {ex.detail or ''}",
        )
        return None, [warning]


def _check_idle(name: str, work: str, definition: ResourceDefinition | None) -> None:
    if activity.monitor_runs(work):
        raise Failure(
            f"the monitor of resource {quoted(name)} runs on this node",
            hint=_STOP_FIRST,
        )
    if pids := activity.servers(definition) if definition else []:
        raise Failure(
            f"the instance of resource {quoted(name)} runs on this node",
            detail=f"Server processes: {', '.join(map(str, pids))}.",
            hint=_STOP_FIRST,
        )


def show(root: str, name: str | None, output: str) -> str:
    """Return the settings of resource *name*, or all names.  Raises Failure."""
    shown: Any = store.list_names(root)
    if name is not None:
        shown = codec.settings(store.load(name, root))
    if output == "json":
        return json.dumps(shown, indent=2, ensure_ascii=False)
    if isinstance(shown, list):
        return "\n".join(shown)
    return "\n".join(key_value.lines(shown))
