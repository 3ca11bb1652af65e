"""psycopg.pq without the rest of psycopg, of which a resident program needs nothing.

psycopg's own __init__ loads connections, cursors and types: some 4 MB in each program that
stays.  Of what psycopg documents `psycopg.pq` and `psycopg.errors` are used here.
"""

from __future__ import annotations

import importlib.util
import sys


def load() -> None:
    """Load psycopg.pq alone, where this psycopg allows it; else psycopg is loaded as ever.

    For a program's first statements: a whole psycopg is not to be had afterwards.
    """
    spec = importlib.util.find_spec("psycopg")
    if spec is None or "psycopg" in sys.modules:
        return
    sys.modules["psycopg"] = importlib.util.module_from_spec(spec)
    try:
        importlib.import_module("psycopg.pq")
        importlib.import_module("psycopg.errors")
    except Exception:  # noqa: BLE001  # whatever another version misses
        for name in [n for n in sys.modules if n.partition(".")[0] == "psycopg"]:
            del sys.modules[name]
