"""`pgx_pclrsc -m`: change what is safe to change while the resource is Online.

The definition is replaced by one rename; then the monitor is told, and is seen to have taken
over what it goes by.  It is told, and its record read, by a child that is the OS user: what
the record says of it is that user's word.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pgx_base import files, proc, users
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import replace
from pgx_base.signals import send_signal
from pgx_base.text import quoted
from pgx_pclrsc import monitors, record, runentry, store
from pgx_pclrsc.core import codec, in_place, live, more
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, ask
from pgx_pclrsc.tool import activity, changes, rights
from pgx_pclrsc.tool.refused import Refused

_PATIENCE, _PAUSE = 5.0, 0.05  # seconds
_NO_MONITOR, _TAKEN, _NOT_TAKEN, _WARNS = "no monitor", "taken", "not taken", "warns"


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done: a line for each change, and what to warn of."""

    lines: list[str]
    warnings: list[Failure]


def change(
    root: str, values: Mapping[str, Any], reasons: Iterable[Failure] = ()
) -> Changed:
    """Change the resource that *values* name to what else they say.

    *reasons* say what is wrong with *values* themselves.  Raises Failure, and Refused with
    every reason; then nothing is changed.
    """
    name = str(values.get("name", ""))
    if refused := [*reasons, *in_place.refusals(name, values.keys())]:
        raise Refused(refused)
    definition = store.load(name, root)
    rights.check_change(root)
    if not users.may_become(definition):
        raise Failure(
            f"cannot change a resource of OS user {quoted(definition.os_user)}",
            detail="Only root can do that for another user.",
        )
    with changes.locked(root) as root_fd:
        before = store.load(name, root)
        changed = in_place.differing(before, values)
        after = replace(before, **changed)
        _check_warnings(before, changed)
        with activity.no_transition(name, before.work_directory):
            if changed:
                changes.replace(root_fd, after)
            warnings = _rewrite_entry(root, after)
    # What is so already may be of a run that was killed before anybody was told.
    is_watched = in_place.is_watched_by(values.keys())
    return _told(before, after, changed, warnings, is_watched=is_watched)


def _check_warnings(before: ResourceDefinition, changed: Mapping[str, Any]) -> None:
    """Refuse to let a failed login be a fault while one may fail.  Raises Failure."""
    if changed.get("auth_failure") != "fault":
        return
    if _ask(before, partial(_standing, before.work_directory)) == _WARNS:
        raise Failure(
            f"the monitor of resource {quoted(before.name)} has warnings that stand",
            detail="One may be of a login that fails, which would be a fault from now on.",
            hint="Look at --status, and see to their reasons first.",
        )


def _ask(definition: ResourceDefinition, work: partial[str]) -> str | Unknown:
    """Return what *work* says as the OS user; the work directory may hang."""
    job = Job(work, definition, _PATIENCE * 2)
    return ask({"monitor": job}).take("monitor", str)


def _rewrite_entry(root: str, after: ResourceDefinition) -> list[Failure]:
    """Let the entry under /run have it too: scripts take it from there in need."""
    entry = runentry.read(root, after.name)
    if entry is None:
        return []
    try:
        runentry.write(root, after.name, entry[0], codec.encode(after))
    except OSError as ex:
        return [
            Failure(
                f"could not write entry of resource {quoted(after.name)} under /run: "
                f"{ex.strerror}",
                detail="It has the earlier settings until the next Online.",
            )
        ]
    return []


def _told(
    before: ResourceDefinition,
    after: ResourceDefinition,
    changed: Mapping[str, Any],
    warnings: list[Failure],
    *,
    is_watched: bool,
) -> Changed:
    """Tell the monitor, and return what is to be told to people."""
    said: str | Unknown = _NO_MONITOR
    if is_watched:
        said = _ask(after, partial(_tell, after.work_directory, live.word(after)))
    if said not in (_TAKEN, _NO_MONITOR):
        warnings = [*warnings, _not_taken(after.name, said)]
    lines = [_line(key, before, after, said) for key in changed]
    return Changed(lines, [*in_place.warnings(before, changed), *warnings])


def _not_taken(name: str, said: str | Unknown) -> Failure:
    why = f" ({said.why})" if isinstance(said, Unknown) else ""
    return Failure(
        f"the monitor of resource {quoted(name)} has not taken over the settings",
        detail=f"They are registered, and hold from its next start on{why}.",
        hint="--restart-monitor ends it, and the next pgx_check starts one that goes by them.",
    )


def _line(
    key: str,
    before: ResourceDefinition,
    after: ResourceDefinition,
    said: str | Unknown,
) -> str:
    if script := in_place.BY_SCRIPT.get(key):
        holds = f"from the next {script} on"
    elif said == _TAKEN:
        holds = "the monitor has taken it over"
    else:
        holds = "from the monitor's next start on"
    return f"{key} = {getattr(after, key)} (was {getattr(before, key)}): {holds}"


# --- in the child, as the OS user ----------------------------------------------


def _standing(work: str) -> str:
    known = _monitored(files.open_workdir(work))
    noted = more.decode(known.more) if known else None
    return _WARNS if noted is not None and noted.warned else ""


def _monitored(dir_fd: int) -> record.Record | None:
    """Return the record, where its monitor lives."""
    found = record.current(dir_fd)
    if found is None or not proc.alive(found.monitor, found.monitor_start):
        return None
    return found if monitors.is_monitor(proc.cmdline(found.monitor)) else None


def _tell(work: str, wanted: str) -> str:
    """Tell the monitor that settings were changed; say what became of it."""
    dir_fd = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    known = _monitored(dir_fd)
    if known is None:
        return _NO_MONITOR
    until = time.monotonic() + _PATIENCE
    send_signal(known.monitor, known.monitor_start, signal.SIGURG)
    while not _goes_by(wanted, known):
        if time.monotonic() > until:
            return _NOT_TAKEN
        time.sleep(_PAUSE)
        known = _monitored(dir_fd)
        if known is None:
            return _NO_MONITOR
    return _TAKEN


def _goes_by(wanted: str, known: record.Record) -> bool:
    noted = more.decode(known.more)
    return noted is not None and noted.settings == wanted
