"""The value of synchronous_standby_names that a pair may have: one name, and no more.

PostgreSQL reads the value as words: names, in double quotes where they are not plain
identifiers, numbers, `*`, and FIRST or ANY with a list.  A name is compared with
application_name, upper and lower case being the same; `*`, quoted or not, is everybody.
"""

from __future__ import annotations

import re

BARRIER = "pgx_mirror_barrier"  # nobody bears it
JOINING = "_joining"  # behind the name, while the standby is not to be counted
LONGEST = 63 - len(JOINING)  # bytes; pg_stat_replication shows 63
UNNAMED = "walreceiver"  # what every standby is called that has no name
BACKUP = "pgx_dmpall"  # its copies would count as a standby of that name
SETUP = "mc_ctl"  # moves a slot by saying what is flushed: a standby's name would confirm that

_WORD = re.compile(
    r"""[ \t\n\r\f\v]+ | "(?P<quoted>(?:[^"]|"")*)" | (?P<plain>[A-Za-z_\x80-\U0010ffff]
    [A-Za-z_\x80-\U0010ffff0-9$]*) | (?P<number>[0-9]+) | (?P<sign>[*,()]) | (?P<junk>.)""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_KEYWORDS = frozenset(("any", "first"))


class NotOneName(ValueError):
    """The value is not exactly one name; the text says what it is."""


def one_name(value: str) -> str:
    """Return the name that *value* of synchronous_standby_names is.  Raises NotOneName."""
    words = [word for word in _WORD.finditer(value) if word.lastgroup]
    if not words:
        raise NotOneName("it is empty")
    if len(words) > 1 or words[0].lastgroup in ("sign", "junk"):
        raise NotOneName("it is a list, or a pattern")
    plain, quoted = words[0]["plain"], words[0]["quoted"]
    name = quoted.replace('""', '"') if quoted is not None else words[0][0]
    if plain and plain.lower() in _KEYWORDS:
        raise NotOneName(f"{plain} begins a list")
    if reason := fault(name):
        raise NotOneName(reason)
    return name


def fault(name: str) -> str:
    """Return why *name* cannot be a standby's name in a pair, empty where it can."""
    if not name:
        return "it is empty"
    if not (name.isascii() and name.isprintable()):
        return "it has other than printable ASCII characters in it"
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} bytes"
    if name == "*":
        return "it stands for every standby"
    if name.lower().endswith(JOINING):
        return f'it ends in "{JOINING}"'
    if name.lower() in (BARRIER, UNNAMED, SETUP, BACKUP):
        return "it is reserved"
    return ""


def same(one: str, other: str) -> bool:
    """Whether PostgreSQL takes both for one name."""
    return one.lower() == other.lower()


def value_of(name: str) -> str:
    """Return *name* as synchronous_standby_names is to hold it."""
    if _PLAIN.fullmatch(name) and name.lower() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
