"""pgx_messages(7): docs/messages.md as a man page, for who has seen a message.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.man.roff import PRODUCT, escaped, head, wrapped

NAME, SECTION = "pgx_messages", 7
_ABOUT = f"every message of {PRODUCT}, with its cause and what to do"


def page(document: str, version: str, date: str) -> str:
    """Return the page of *document*, a section of it for each of its own."""
    lines = [*head(NAME, SECTION, version, date, _ABOUT), ".SH DESCRIPTION"]
    for block in document.strip().split("\n\n")[1:]:
        if block.startswith("## "):
            lines.append(f".SH {escaped(block[3:].upper())}")
        elif block.startswith("|"):
            _, _, *rows = block.splitlines()  # behind a heading and a rule
            lines += [line for row in rows for line in _row(row)]
        else:
            lines += [] if lines[-1].startswith(".SH") else [".PP"]
            lines += [line for each in block.splitlines() for line in _filled(each)]
    return "\n".join(lines) + "\n"


def _row(row: str) -> Iterator[str]:
    """Yield a row: what is explained, and below that cause and action, or whatever it has."""
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    numbered = 2 if len(cells) > 3 else 1  # by number and type, else by its text
    yield ".TP"
    yield " ".join(_inline(cell) for cell in cells[:numbered])
    for at, cell in enumerate(cells[numbered:]):
        yield from [".br"] if at else []
        yield from _filled(cell)


def _filled(text: str) -> Iterator[str]:
    """Yield *text* as lines of source, each sentence on lines of its own."""
    for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", text):
        yield from wrapped(_inline(sentence))


def _inline(text: str) -> str:
    """Return *text*: what is quoted in bold, of a link what it is called."""
    parts = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).split("`")
    return "".join(
        rf"\fB{escaped(part)}\fR" if at % 2 else escaped(part)
        for at, part in enumerate(parts)
    )
