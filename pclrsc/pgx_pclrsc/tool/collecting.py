"""`pgx_pclrsc --collect`: what support asks for, in one archive, without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from pgx_base import new_file, report, users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.version import VERSION
from pgx_pclrsc import store
from pgx_pclrsc.bundle.archive import archived
from pgx_pclrsc.bundle.core import redaction
from pgx_pclrsc.bundle.gather import collect as gathering
from pgx_pclrsc.bundle.gather.taking import Taken, pack, packed
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.status.core import shown
from pgx_pclrsc.tool import checking, status

_HEAD = """\
What pgx_pclrsc {version} has taken of resource {name}.

Left out: passwords, keys and what looks like one, wherever they stood, with the rest of
their line.  Not taken at all: PostgreSQL's configuration, .pgpass, service files, any
environment, any data.  Look through it all the same before it leaves the house: names of
databases, users and machines, and statements that the server has logged, are in it.

"""


def collect(root: str, name: str, file: str) -> str:
    """Write the bundle of resource *name* to *file*, and return what to say of it.

    Raises Failure, with no file left.
    """
    definition = _definition(root, name)
    if not users.may_become(definition):
        raise Failure(
            f"cannot look into a resource of OS user {quoted(definition.os_user)}",
            detail="Only root can do that for another user.",
        )
    found = gathering.everything(definition, root)
    taken = [
        *found.taken,
        _shown(
            "status.json", lambda: shown.plain(status.view(root, name)), found.secrets
        ),
        _shown("check.json", lambda: _check(root, name), found.secrets),
    ]
    parts = {one.name: one.data() for one in taken if one.packed}
    parts = {"CONTENTS": _contents(name, taken)} | parts
    new_file.write(file, archived(f"pgx_pclrsc-{name}", parts))
    missing = sum(1 for one in taken if not one.packed)
    count = len(parts) - 1
    return f"{count} parts written to {quoted(file)}, {missing} not to be had: see CONTENTS"


def _definition(root: str, name: str) -> ResourceDefinition:
    """Return what is registered, or what the entry under /run has of it.  Raises Failure."""
    try:
        return store.load(name, root)
    except Failure:
        found = store.find(root, name)
        if found is None:
            raise
        return found


def _shown(name: str, show: Callable[[], Any], secrets: Collection[str]) -> Taken:
    try:
        told = redaction.of_values(show(), secrets)
    except Failure as ex:
        why = "\n".join(report.lines("pgx_pclrsc", "error", ex))
        return pack(name, why, secrets, "it could not be told")
    text = json.dumps(told, indent=1, ensure_ascii=False)
    return packed(name, text.encode("utf-8", "replace").decode())


def _check(root: str, name: str) -> Any:
    return json.loads(checking.check(root, name, "json")[0])


def _contents(name: str, taken: Collection[Taken]) -> bytes:
    head = _HEAD.format(version=VERSION, name=name)
    lines = [f"{one.name:<24}{one.note or 'whole'}" for one in taken]
    return f"{head}{chr(10).join(lines)}\n".encode("utf-8", "replace")
