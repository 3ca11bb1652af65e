"""What a page of the documents has to be typed, and what must be seen then.

A fenced block holds what an administrator types behind a prompt, `node1# ` as root or
`node1$ ` as the instance's user; `> ` goes on with a here-document.  The lines below are what
must be seen, `...` standing for anything.  What no test can run has `NOT_RUN` before it, with
the reason: readers see it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOSTS = ("node1", "node2", "server1", "server2", "arbiter", "host")
NOT_RUN = "No test runs this: "

_FENCE = re.compile(r"^( *)```(.*)$")
_NUMBERED = re.compile(r"((?:\d+|[A-C])(?:\.\d+)*) .*")
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
    """One fenced block: the heading above it and its word; *why* no test runs it, if none does."""

    heading: str
    kind: str
    text: tuple[str, ...]
    at: tuple[str, int]
    why: str = ""

    @property
    def numbered(self) -> bool:
        """Whether the heading is a section of the manual."""
        return _NUMBERED.fullmatch(self.heading) is not None

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
    heading, above, kind, begun, indent = "", "", "", 0, ""
    held: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and not begun:
            begun, indent, kind, held = number, fence[1], fence[2], []
        elif fence:
            at = (page.name, begun)
            yield Block(heading, kind, tuple(held), at, _why(above))
            begun, above = 0, ""
        elif begun:
            held.append(line.removeprefix(indent))
        elif line.startswith("#"):
            heading, above = line.lstrip("# "), ""
        elif line.strip():
            above = line.strip()


def _why(above: str) -> str:
    return above.partition(NOT_RUN)[2].rstrip(".:*")


def typed(pages: Iterable[Path]) -> dict[str, list[Command]]:
    """Return what is typed below each heading, in order, but for what no test can run.

    A block of another kind, such as a configuration file, is not typed.
    """
    found: dict[str, list[Command]] = {}
    for page in pages:
        for block in blocks(page):
            if block.kind == "console" and not block.why:
                found.setdefault(block.heading, []).extend(block.commands())
    return found


def prose(page: Path) -> str:
    """Return *page* without its fenced blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text())
