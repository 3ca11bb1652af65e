"""Texts that came from outside: which are sound, and how they are shown.

A name with a newline in it must not become two lines of the system log.
"""

from __future__ import annotations

LONGEST_SHOWN = 1100


def quoted(value: object) -> str:
    """Return *value* in double quotes, control characters escaped, cut when very long."""
    text = str(value)
    if len(text) > LONGEST_SHOWN:
        text = text[:LONGEST_SHOWN] + "..."
    return f'"{printable(text)}"'


def printable(text: str) -> str:
    """Return *text* with each character that cannot be seen as its code."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def fault(text: str) -> str | None:
    """Return why *text* cannot be kept in a definition, None when it can."""
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
        return "It has a control character in it."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "It is not valid UTF-8."
    return None
