"""What `pgx_pclrsc` does, one function an action: removing and showing.

Nothing here prints or exits.
"""

from __future__ import annotations

import json
from typing import Any

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import registry, runentry, store
from pgx_pclrsc.core import codec, key_value
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.tool import activity, changes, rights

_STOP_FIRST = "Take the resource Offline and stop RMS on this node first (manual 3.2)."


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
