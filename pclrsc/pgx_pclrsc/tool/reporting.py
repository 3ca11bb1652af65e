"""`pgx_pclrsc --report`: a page of what happened to a resource on this node."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from pgx_base import clock, moments, new_file, report, since, users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.version import VERSION
from pgx_pclrsc import store
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.history import gather
from pgx_pclrsc.history.core.about import About
from pgx_pclrsc.node import this_node
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, ask
from pgx_pclrsc.tool import foreign

_LARGEST = 8 << 20  # bytes of a switchlog, the last ones


def write(root: str, name: str, values: Mapping[str, Any]) -> str:
    """Write the page of resource *name*; return what is to be said of that.

    Without a file it goes to standard output.  Raises Failure.
    """
    definition = store.load(name, root)
    if not users.may_become(definition):
        raise Failure(
            f"cannot report on a resource of OS user {quoted(definition.os_user)}",
            detail="Only root can do that for another user.",
        )
    shown = gather.draw(_asked(definition, values))
    file = values.get("file", "")
    if not file:
        report.to_stdout(shown)
        return ""
    new_file.write(file, shown.encode("utf-8", "replace"))
    return f"report of resource {quoted(name)} written to {quoted(file)}"


def _asked(definition: ResourceDefinition, values: Mapping[str, Any]) -> gather.Asked:
    said, notes = _switchlog(values.get("switchlog", ""))
    now = clock.now()
    begin = since.read(values["since"], now) if "since" in values else None
    about = About(
        definition.name,
        _node(),
        begin,
        now,
        definition.response_timeout * 1000.0,
        _settings(definition),
        notes,
        f"Made by pgx_pclrsc {VERSION} at {moments.text(now)} {time.strftime('%z')}.",
    )
    return gather.Asked(definition, about, said)


def _node() -> str:
    found = ask({"node": Job(partial(this_node, dict(os.environ)))}).take("node", str)
    return "a node whose name is not known" if isinstance(found, Unknown) else found


def _settings(definition: ResourceDefinition) -> str:
    limit = definition.response_timeout
    waits = (
        f"waits {limit} s for an answer" if limit else "waits for an answer for ever"
    )
    return (
        f"asks every {definition.watch_interval} s, {waits}, "
        f"asks again {definition.timeout_retry_count} times"
    )


def _switchlog(file: str) -> tuple[str, tuple[str, ...]]:
    """Return the end of *file*, and what is to be known of that.  Raises Failure."""
    if not file:
        return "", ()
    text, size = foreign.end_of(file, _LARGEST)
    cut = f", the last of {size:,}" if size > _LARGEST else ""
    return text, (f"{file}: {min(size, _LARGEST):,} bytes{cut}.",)
