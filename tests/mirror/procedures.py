"""The manual's procedures as docs/pair_procedures*.md have them: what is typed where, and seen.

A fenced block holds what an administrator types behind a prompt, `server1$ ` as the instance
administrator or `server1# ` as root; `> ` goes on with a here-document.  The lines below are
what must be seen, `...` standing for anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted((ROOT / "docs").glob("pair_procedures*.md")))
HOSTS = ("server1", "server2", "arbiter", "host")

_FENCE = re.compile(r"^( *)```(.*)$")
_HEADING = re.compile(r"^#+ ((?:\d+|C)(?:\.\d+)*) .*$")
_PROMPT = re.compile(rf"^({'|'.join(HOSTS)})([$#]) (.+)$")


@dataclass(frozen=True)
class Command:
    """What is typed on a host, and the lines that must be seen then; *at* is where it stands."""

    host: str
    root: bool
    text: str
    seen: tuple[str, ...]
    at: str


@dataclass(frozen=True)
class Block:
    """One fenced block: the heading above it, empty without a section's number, and its word."""

    heading: str
    kind: str
    text: tuple[str, ...]
    at: tuple[str, int]

    def commands(self) -> Iterator[Command]:
        """Yield what is typed.  Raises ValueError where it begins with no prompt."""
        found: list[tuple[int, list[str], list[str]]] = []
        for number, line in enumerate(self.text, self.at[1] + 1):
            if _PROMPT.match(line):
                found.append((number, [line], []))
            elif not found:
                raise ValueError(f"{self.at}: a block begins with no prompt")
            elif line.startswith("> ") or line == ">":
                found[-1][1].append(line[2:])
            else:
                found[-1][2].append(line)
        for number, typed, seen in found:
            prompt = _PROMPT.match(typed[0])
            assert prompt is not None
            text = "\n".join([prompt[3], *typed[1:], ""])
            at = f"{self.at[0]}:{number}"
            yield Command(prompt[1], prompt[2] == "#", text, tuple(seen), at)


def blocks(page: Path) -> Iterator[Block]:
    """Yield each fenced block of *page*."""
    heading, kind, begun, indent = "", "", 0, ""
    held: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and not begun:
            begun, indent, kind, held = number, fence[1], fence[2], []
        elif fence:
            yield Block(heading, kind, tuple(held), (page.name, begun))
            begun = 0
        elif begun:
            held.append(line.removeprefix(indent))
        elif line.startswith("#"):
            heading = line.lstrip("# ") if _HEADING.match(line) else ""


def procedures() -> dict[str, list[Command]]:
    """Return what is typed below each heading that has a section's number, in order."""
    found: dict[str, list[Command]] = {}
    for page in PAGES:
        for block in blocks(page):
            if not block.heading:
                raise ValueError(f"{block.at}: a block below no section of the manual")
            found.setdefault(block.heading, []).extend(block.commands())
    return found


def prose(page: Path) -> str:
    """Return *page* without its fenced blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text())
