"""psycopg.pq without the rest of psycopg, of which a resident program needs nothing.

psycopg's own __init__ loads connections, cursors and types: some 4 MB in each program that
stays.  Of what psycopg documents `psycopg.pq` and `psycopg.errors` are used here.  They load
asyncio for the name of one exception, importlib.metadata for their own version number, and
ctypes.util to find a libpq that they have with them: 6 MB more.  While they are loaded there
are stand-ins for these, without what is not used.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class _Missing(Exception):
    """What a stand-in has to offer: an exception that nobody raises."""


def _no_version(name: str) -> str:
    raise _Missing(name)


_STAND_INS: dict[str, dict[str, object]] = {
    "ctypes.util": {},
    "asyncio": {"CancelledError": _Missing},
    "importlib.metadata": {"version": _no_version, "PackageNotFoundError": _Missing},
}


def load() -> None:
    """Load psycopg.pq alone, where this psycopg allows it; else psycopg is loaded as ever.

    For a program's first statements: a whole psycopg is not to be had afterwards.
    """
    spec = importlib.util.find_spec("psycopg")
    if spec is None or "psycopg" in sys.modules:
        return
    sys.modules["psycopg"] = importlib.util.module_from_spec(spec)
    try:
        with _stood_in():
            importlib.import_module("psycopg.pq")
            importlib.import_module("psycopg.errors")
    except Exception:  # noqa: BLE001  # whatever another version misses
        for name in [n for n in sys.modules if n.partition(".")[0] == "psycopg"]:
            del sys.modules[name]


@contextmanager
def _stood_in() -> Iterator[None]:
    """Let the modules of _STAND_INS be found with no more in them than is used here."""
    given = {name: ModuleType(name) for name in _STAND_INS if name not in sys.modules}
    for name, module in given.items():
        vars(module).update(_STAND_INS[name])
    sys.modules.update(given)
    try:
        yield
    finally:
        for name in given:
            del sys.modules[name]
