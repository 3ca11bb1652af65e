"""`pgx_pclrsc --check`: look at this node, judge, and show what was found."""

from __future__ import annotations

import json

from pgx_base import users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import store
from pgx_pclrsc.preflight.core.rows import table
from pgx_pclrsc.preflight.gather import collect


def check(root: str, name: str, output: str) -> tuple[str, bool]:
    """Return what is to be shown of resource *name*, and whether there is no error.

    Raises Failure.
    """
    definition = store.load(name, root)
    if not users.may_become(definition):
        raise Failure(
            f"cannot check a resource of OS user {quoted(definition.os_user)}",
            detail="Only root can do that for another user.",
        )
    report = table.judge(collect.facts(definition, root, None))
    if output == "json":
        shown = json.dumps(table.as_json(report), indent=1, ensure_ascii=False)
    else:
        shown = table.as_text(report)
    return shown.encode("utf-8", "replace").decode(), report.is_sound
