"""One deliberate bug: what it is, which text becomes which, and who must notice."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.commands import PACKAGES

CHECKOUT = Path(__file__).resolve().parents[2]
SUITES = ("unit", "postgres", "transitions", "chaos")
_KEYS = {"what", "old", "new", "caught_by"}


class Unfit(Exception):
    """The bug cannot be put in as its file says."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug; *caught_by* has the arguments of each suite that must catch it."""

    name: str
    what: str
    old: str
    new: str
    caught_by: dict[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the old text stands: a file of the product, and the function around it."""

    path: Path
    function: str


def load(path: Path) -> Mutant:
    """Return the bug of the file *path*.  Raises Unfit."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    caught_by = table.get("caught_by", {})
    if set(table) != _KEYS or not caught_by or set(caught_by) - set(SUITES):
        raise Unfit(f"{path.name}: it has the keys {', '.join(sorted(table))}")
    return Mutant(path.stem, table["what"], table["old"], table["new"], dict(caught_by))


def all_mutants() -> list[Mutant]:
    """Return every bug that is described here, by name."""
    return [load(path) for path in sorted(Path(__file__).parent.glob("*.toml"))]


def _sources(root: Path) -> Iterator[Path]:
    for part in PACKAGES:
        yield from sorted((root / part).rglob("*.py"))


def place(mutant: Mutant, root: Path = CHECKOUT) -> Place:
    """Return where the bug goes in below *root*.  Raises Unfit unless that is one place."""
    found = [
        (path, text)
        for path in _sources(root)
        if mutant.old in (text := path.read_text(encoding="utf-8"))
    ]
    times = sum(text.count(mutant.old) for _, text in found)
    if times != 1:
        raise Unfit(f"{mutant.name}: its old text stands {times} times in the product")
    path, text = found[0]
    return Place(path, _function_at(text, text.index(mutant.old)))


def _function_at(text: str, offset: int) -> str:
    """Return the name of the innermost function or class around *offset*."""
    line = text.count("\n", 0, offset) + 1
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    around = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    around.sort(key=lambda node: node.lineno)
    return ".".join(node.name for node in around)


def mutated(mutant: Mutant, text: str) -> str:
    """Return *text* with the bug in it."""
    return text.replace(mutant.old, mutant.new)
