"""The error code of a refused connection.

psycopg does not show it, and the message is localised.  libpq prints nothing but
severity and code when PQsetErrorVerbosity(conn, PQERRORS_SQLSTATE) is called between
PQconnectStart and the first PQconnectPoll; psycopg has no such call, so it is made
by ctypes in the very libpq that psycopg has loaded.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

_PQERRORS_SQLSTATE = 3  # libpq-fe.h, PGVerbosity; PostgreSQL 12 and newer
_CODE = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LENGTH = 5
_BEFORE = b":  "  # between severity and code, in every language (fe-protocol3.c)

Terse = Callable[[int], None]


def parse(message: bytes) -> str | None:
    """Return the last SQLSTATE in a terse *message*, None without one.

    It does not always end the message: after a wrong password libpq adds a line that
    names the password file.
    """
    codes = (_code(line) for line in reversed(message.splitlines()))
    return next((code for code in codes if code is not None), None)


def _code(line: bytes) -> str | None:
    before, code = line[:-_LENGTH], line[-_LENGTH:]
    if len(code) != _LENGTH or not _CODE.issuperset(code):
        return None
    return code.decode("ascii") if before.endswith(_BEFORE) else None


def loaded_libpq(maps: str) -> str | None:
    """Return the path of libpq in *maps*, the text of /proc/self/maps."""
    for line in maps.splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and "/libpq" in fields[5]:
            name = fields[5].rpartition("/")[2]
            if name.startswith(("libpq.so", "libpq-")):
                return fields[5]
    return None


def terse_errors() -> Terse:
    """Return the call that makes a connection's errors terse, given its PGconn pointer.

    Raises OSError when psycopg's libpq cannot be found.
    """
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
        path = loaded_libpq(file.read())
    if path is None:
        raise OSError("no libpq is loaded")
    function = ctypes.CDLL(path).PQsetErrorVerbosity
    function.argtypes = [ctypes.c_void_p, ctypes.c_int]
    function.restype = ctypes.c_int

    def make_terse(pointer: int) -> None:
        function(pointer, _PQERRORS_SQLSTATE)

    return make_terse
