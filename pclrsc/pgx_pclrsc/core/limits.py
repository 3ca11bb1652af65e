"""What each setting of a definition may be: one check a kind, each returning all problems.

Pure.  A check takes whatever a file or a command line gave, of any type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pgx_base import text
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core import names

Check = Callable[[object], list[Failure]]

# In milliseconds it still fits the 31 bits of poll(2).
LONGEST_SECONDS = 2_147_483
LARGEST_COUNT = 2_147_483_647
LONGEST_PATH = 1023  # bytes; PostgreSQL's MAXPGPATH with its final NUL is 1024
LONGEST_ROLE = 63  # bytes; PostgreSQL's NAMEDATALEN with its final NUL is 64

# PGPASSFILE and PGSSLKEY name files, and are no secrets.
_TELLING_NAME = (
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL"
    r"|(PRIVATE|ACCESS|API)_?KEY|_PWD$"
)
_TELLING_VALUE = r"password\s*=|://[^/@\s:]*:[^/@\s]+@"
_NOT_IN_LETTERS = str.maketrans("", "", "._-")  # of a machine's name
# The scripts set these themselves: one would send the monitor to another registry,
# the other takes away PostgreSQL's own check of a postmaster.pid.
_OURS = frozenset({"PGX_PCLRSC_HOME", "PG_GRANDPARENT_PID"})


def _invalid(what: str, value: object, detail: str) -> Failure:
    return Failure(f"{what} {quoted(value)} is not valid", detail=detail)


def name(value: object) -> list[Failure]:
    """Check a resource's name (manual 2.3.8)."""
    if isinstance(value, str) and names.is_name(value):
        return []
    detail = "A name has at most 16 bytes: an ASCII letter, then letters, digits and _."
    return [Failure(f"invalid resource name {quoted(value)}", detail=detail)]


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value != "" and text.fault(value) is None


def os_user(value: object) -> list[Failure]:
    """Check the OS user's name, as far as a name can be judged without asking for it."""
    if _is_line(value):
        return []
    return [Failure(f"invalid OS user name {quoted(value)}")]


def line(what: str) -> Check:
    """Return the check of a text called *what* that need only fit one line."""

    def check(value: object) -> list[Failure]:
        fault = text.fault(value) if isinstance(value, str) else "It is no string."
        return [_invalid(what, value, fault)] if fault else []

    return check


def path(what: str, *, optional: bool = False) -> Check:
    """Return the check of a path called *what*; an *optional* one may be empty."""

    def check(value: object) -> list[Failure]:
        fault = None if optional and value == "" else _path_fault(value)
        return [_invalid(what, value, fault)] if fault else []

    return check


def _path_fault(value: object) -> str | None:
    if not isinstance(value, str):
        return "A path is a string."
    if not value.startswith("/"):
        return "The path must be absolute."
    if ".." in value.split("/"):
        return 'The path must not contain "..".'
    if (fault := text.fault(value)) is not None:
        return fault
    if len(value.encode()) > LONGEST_PATH:
        return f"A path has at most {LONGEST_PATH} bytes."
    return None


def nodes(value: object) -> list[Failure]:
    """Check the names of all nodes (manual 2.3.8)."""
    if not isinstance(value, (list, tuple)) or not value:
        return [
            Failure("no node name given", hint="Name all nodes: -n node1RMS,node2RMS")
        ]
    invalid = [node for node in value if not _is_node(node)]
    twice = sorted({str(node) for node in value if value.count(node) > 1})
    return [
        *(_invalid_node(node) for node in dict.fromkeys(map(str, invalid))),
        *(Failure(f"node name {quoted(node)} given more than once") for node in twice),
    ]


def _is_node(value: object) -> bool:
    if not (isinstance(value, str) and value.isascii() and value.endswith("RMS")):
        return False
    machine = value.removesuffix("RMS")
    return machine[:1].isalnum() and machine.translate(_NOT_IN_LETTERS).isalnum()


def _invalid_node(node: str) -> Failure:
    detail = 'A node name is the machine\'s name with "RMS" behind it, as in node1RMS.'
    return Failure(f"invalid node name {quoted(node)}", detail=detail)


def db_user(value: object) -> list[Failure]:
    """Check the name of the database role that the monitor connects as."""
    if _is_line(value) and len(str(value).encode()) <= LONGEST_ROLE:
        return []
    detail = f"A role name has 1 to {LONGEST_ROLE} bytes and no control characters."
    return [Failure(f"invalid database user name {quoted(value)}", detail=detail)]


def number(what: str, low: int, high: int) -> Check:
    """Return the check of a whole number called *what*, from *low* to *high*."""

    def check(value: object) -> list[Failure]:
        if type(value) is int and low <= value <= high:
            return []
        detail = f"It must be a whole number from {low} to {high}."
        return [Failure(f"invalid value {quoted(value)} for {what}", detail=detail)]

    return check


def word(what: str, *words: str) -> Check:
    """Return the check of a setting called *what* that is one of *words*."""

    def check(value: object) -> list[Failure]:
        if isinstance(value, str) and value in words:
            return []
        detail = f"It must be {' or '.join(map(quoted, words))}."
        return [Failure(f"invalid value {quoted(value)} for {what}", detail=detail)]

    return check


def env(value: object) -> list[Failure]:
    """Check the variables that are added to the server's environment."""
    if not isinstance(value, Mapping):
        return [
            Failure(
                "env is not a table", detail="It must be a table of names and values."
            )
        ]
    return [problem for pair in value.items() for problem in _variable(*pair)]


def _is_secret(key: str, value: object) -> bool:
    import re  # a switch waits for it only where variables are set

    return any(
        re.search(pattern, text, re.IGNORECASE)
        for pattern, text in ((_TELLING_NAME, key), (_TELLING_VALUE, str(value)))
    )


def _variable(key: object, value: object) -> list[Failure]:
    if not (isinstance(key, str) and key.isascii() and key.isidentifier()):
        detail = "A name has ASCII letters, digits and _, and begins with no digit."
        problem = Failure(
            f"invalid environment variable name {quoted(key)}", detail=detail
        )
    elif key in _OURS:
        problem = Failure(
            f"environment variable {quoted(key)} cannot be set",
            detail="The scripts give it the value that it must have.",
        )
    elif _is_secret(key, value):
        # The value is not shown: that is the point.
        problem = Failure(
            f"environment variable {quoted(key)} may hold a secret",
            detail="The definition is readable by everybody.",
            hint="Put passwords into .pgpass in the home directory of the OS user.",
        )
    elif not isinstance(value, str) or text.fault(value):
        problem = Failure(
            f"invalid value for environment variable {quoted(key)}",
            detail="It must be a string of valid UTF-8 without control characters.",
        )
    else:
        return []
    return [problem]
