"""HTML and SVG from elements; whatever is no markup already is escaped.

A text may come from a database's error or a log that somebody else writes: what cannot be
seen in it (a control character, an override of the direction of writing) is shown as its
code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from pgx_base.text import printable

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
)
_EMPTY = frozenset({"meta"})  # elements without an end
LONGEST = 4000  # characters of one text that are shown


class Markup(str):
    """A text that is HTML as it stands."""

    __slots__ = ()


Content: TypeAlias = "str | Markup"


def escaped(text: str) -> Markup:
    """Return *text* as HTML, unless it is that already; a very long one is cut."""
    if isinstance(text, Markup):
        return text
    if len(text) > LONGEST:
        text = text[:LONGEST] + "..."
    return Markup(printable(text).translate(_ESCAPES))


def joined(parts: Iterable[Content], between: str = "") -> Markup:
    """Return all *parts*, one behind the other; *between* is markup."""
    return Markup(between.join(map(escaped, parts)))


def element(name: str, /, *content: Content, **attributes: object) -> Markup:
    """Return element *name* with *content* and *attributes*; one that is None is left out.

    An attribute's `_` stands for `-`, and one at its end for nothing: `class_`.
    """
    shown = "".join(_attribute(*one) for one in attributes.items())
    if name in _EMPTY:
        return Markup(f"<{name}{shown}>")
    return Markup(f"<{name}{shown}>{joined(content)}</{name}>")


def _attribute(name: str, value: object) -> str:
    if value is None:
        return ""
    if type(value) is float:
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    shown = escaped(value if isinstance(value, str) else str(value))
    return f' {name.rstrip("_").replace("_", "-")}="{shown}"'
