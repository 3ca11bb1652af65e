"""What the other node has told: read as strictly as if every byte were typed by hand.  Pure."""

from __future__ import annotations

import json

from pgx_pclrsc.preflight.core import plain
from pgx_pclrsc.preflight.core.facts import Facts

FORMAT = 1


class NotTold(Exception):
    """It is not what --check writes; the text says why."""


def read(text: str, resource: str) -> Facts:
    """Return the facts in *text*, which must be of *resource*.  Raises NotTold."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as ex:
        raise NotTold("it is no JSON") from ex
    if not isinstance(told, dict) or "facts" not in told:
        raise NotTold("it is no output of --check --output=json")
    if told.get("format") != FORMAT:
        raise NotTold(f"it has format {str(told.get('format'))[:20]}, and not {FORMAT}")
    if told.get("resource") != resource:
        raise NotTold(f"it is of resource {str(told.get('resource'))[:40]!r}")
    try:
        return plain.decode(Facts, told["facts"])
    except (ValueError, RecursionError) as ex:
        raise NotTold(str(ex)) from ex
