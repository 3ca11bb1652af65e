"""What a value in an application file may be: one function a kind, which returns the
value as the model holds it, or raises Wrong with what it must be.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pgx_base.text import fault
from pgx_pclrsc.core import names
from pgx_pclrsc.core.limits import LONGEST_PATH, LONGEST_SECONDS


class Wrong(Exception):
    """A value that is not of its kind; the text is a sentence on what it must be."""


Kind = Callable[[object], object]

# An item's number inside a value could not be told from the menu that hvw draws.
_LIKE_AN_ITEM = re.compile(r"(^|\s)\d+\)(\s|$)")
_WORD = re.compile(r"[!-~]+")
_LONGEST = 1023


def line(value: object) -> str:
    """A text of one line that can be typed at a prompt and read back from a screen."""
    if not isinstance(value, str):
        raise Wrong("It must be a string.")
    if trouble := fault(value):
        raise Wrong(trouble)
    if value != value.strip() or len(value.encode()) > _LONGEST:
        raise Wrong(
            f"It must have at most {_LONGEST} bytes, and no blanks at its ends."
        )
    if _LIKE_AN_ITEM.search(value) or "  " in value:
        raise Wrong("On hvw's screen it could not be told from the items of the menu.")
    return value


def word(value: object) -> str:
    """A name: printable ASCII without blanks, and without what hvw's screens use."""
    text = line(value)
    if not _WORD.fullmatch(text) or set(text) & set(",:()'\"\\"):
        raise Wrong(
            "It must be a name in ASCII, without blanks, commas, colons and quotes."
        )
    return text


def application_name(value: object) -> str:
    """An application's name: it stands in hvw's titles."""
    text = word(value)
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise Wrong("It must have letters, digits, `_`, `.` and `-` alone.")
    return text


def path(value: object) -> str:
    """An absolute path without blanks."""
    text = line(value)
    if not text.startswith("/") or " " in text or len(text.encode()) > LONGEST_PATH:
        raise Wrong("It must be an absolute path without blanks.")
    if {"..", "."} & set(text.split("/")):
        raise Wrong('It must not contain "." or ".." as a directory.')
    return text


def mount_point(value: object) -> str:
    """A mount point, as fstab and hvw's `Flags:path` both can hold it."""
    text = path(value)
    if text == "/" or text.endswith("/") or "//" in text or "," in text:
        raise Wrong("It must be a directory below /, with single slashes and no comma.")
    return text


def device(value: object) -> str:
    """What is mounted: a device's path, or `server:path` of a file server."""
    text = line(value)
    if " " in text or not text or text.startswith("#"):
        raise Wrong("It must be a device's path without blanks.")
    return text


def options(value: object) -> str:
    """Mount options, joined by commas as in fstab."""
    text = line(value)
    if not re.fullmatch(r"[!-~]+", text) or "" in text.split(","):
        raise Wrong("It must be mount options joined by commas, without blanks.")
    return text


def address(value: object) -> str:
    """An IPv4 or IPv6 address."""
    import ipaddress  # only where a takeover network is declared

    try:
        return str(
            ipaddress.ip_address(word(value) if "." in str(value) else line(value))
        )
    except ValueError as ex:
        raise Wrong("It must be an IPv4 or IPv6 address.") from ex


def machine(value: object) -> str:
    """A machine as RMS names it."""
    text = word(value)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*RMS", text):
        raise Wrong('It must be the machine\'s name with "RMS" behind it.')
    return text


def resource(value: object) -> str:
    """A resource's name as pgx_pclrsc takes it (manual 2.3.8)."""
    if not isinstance(value, str) or not names.is_name(value):
        raise Wrong("It has at most 16 bytes: a letter, then letters, digits and `_`.")
    return value


def command(value: object) -> str:
    """A script with its arguments, or nothing."""
    text = line(value)
    if text and not text.startswith("/"):
        raise Wrong("It must be an absolute path, with its arguments behind it.")
    return text


def seconds(value: object) -> int:
    """A time in whole seconds."""
    return _number(value, 1, LONGEST_SECONDS)


def bit(value: object) -> str:
    """0 or 1, as hvw's menus have them."""
    return str(_number(value, 0, 1))


def prefix(value: object) -> int:
    """The length of a network's prefix: 32 at most for IPv4, 128 for IPv6."""
    return _number(value, 0, 128)


def _number(value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Wrong(f"It must be a whole number from {low} to {high}.")
    return value


def yes_no(value: object) -> str:
    """Yes or no, in hvw's lower case; true and false will do."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.lower() in ("yes", "no"):
        return value.lower()
    raise Wrong('It must be "yes" or "no".')


def flag_value(value: object) -> str:
    """Yes or No, as the Cmdline flags have them."""
    return yes_no(value).capitalize()


def boolean(value: object) -> bool:
    """True or false."""
    return yes_no(value) == "yes"


def one_of(*words: str) -> Kind:
    """Return the kind of a text that is one of *words*."""

    def kind(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Wrong(f"It must be {_listed(words)}.")
        return value

    return kind


def some_of(*words: str) -> Kind:
    """Return the kind of a list of some of *words*, each at most once."""

    def kind(value: object) -> frozenset[str]:
        if not isinstance(value, list) or not all(v in words for v in value):
            raise Wrong(f"It must be a list of {_listed(words)}.")
        if len(set(value)) != len(value):
            raise Wrong("It has a word more than once.")
        return frozenset(value)

    return kind


def joined(*words: str) -> Kind:
    """Return the kind of a list of some of *words*, kept as hvw prints it."""

    def kind(value: object) -> str:
        chosen = some_of(*words)(value)
        assert isinstance(chosen, frozenset)
        return "|".join(w for w in words if w in chosen) or "No"

    return kind


def list_of(item: Kind, *, least: int = 1) -> Kind:
    """Return the kind of a list of *least* or more *item*, none of them twice."""

    def kind(value: object) -> tuple[object, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise Wrong(f"It must be a list with at least {least} in it.")
        items = tuple(map(item, value))
        if len(set(items)) != len(items):
            raise Wrong("It has an entry more than once.")
        return items

    return kind


def text_of(kind: Kind) -> Kind:
    """Return *kind* with its value as text, as Machines+Basics holds it."""
    return lambda value: str(kind(value))


def _listed(words: tuple[str, ...]) -> str:
    quoted = [f'"{word}"' for word in words]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
