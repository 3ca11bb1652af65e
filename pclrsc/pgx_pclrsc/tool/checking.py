"""`pgx_pclrsc --check`: look at this node, judge, and show what was found."""

from __future__ import annotations

import json

from pgx_base import users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import store
from pgx_pclrsc.preflight.core import told
from pgx_pclrsc.preflight.core.facts import Facts
from pgx_pclrsc.preflight.core.rows import table
from pgx_pclrsc.preflight.gather import collect
from pgx_pclrsc.tool import foreign

_LARGEST = 1 << 24  # bytes


def check(root: str, name: str, output: str, peer: str = "") -> tuple[str, bool]:
    """Return what is to be shown of resource *name*, and whether there is no error.

    *peer* is a file with what the other node has shown as JSON.  Raises Failure.
    """
    definition = store.load(name, root)
    if not users.may_become(definition):
        raise Failure(
            f"cannot check a resource of OS user {quoted(definition.os_user)}",
            detail="Only root can do that for another user.",
        )
    theirs = _facts_of(peer, name) if peer else None
    report = table.judge(collect.facts(definition, root, theirs), theirs)
    if output == "json":
        shown = json.dumps(table.as_json(report), indent=1, ensure_ascii=False)
    else:
        shown = table.as_text(report)
    return shown.encode("utf-8", "replace").decode(), report.is_sound


def _facts_of(file: str, name: str) -> Facts:
    """Return what the other node has seen of *name*.  Raises Failure."""
    text, _ = foreign.end_of(file, _LARGEST)
    try:
        return told.read(text, name)
    except told.NotTold as ex:
        raise Failure(
            f"file {quoted(file)} does not tell of resource {quoted(name)}",
            detail=f"{str(ex)[:1].upper()}{str(ex)[1:]}.",
            hint="Write it on the other node: "
            f"pgx_pclrsc --check -c {name} --output=json > FILE",
        ) from ex
