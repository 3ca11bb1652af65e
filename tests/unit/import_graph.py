"""Who imports whom in this checkout, drawn from the source alone.

An import within a function counts, since it runs; one under `if TYPE_CHECKING` does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What .gitignore leaves out is made here, and is no part of the house.
_MADE = {
    line.strip("/")
    for line in (ROOT / ".gitignore").read_text().splitlines()
    if line.endswith("/")
}


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any(part in _MADE or part.startswith(".") for part in parts)


def _files() -> Iterator[Path]:
    tops = (top for top in ROOT.iterdir() if top.is_dir() and _is_ours(top))
    for top in tops:
        yield from (
            path for path in top.rglob("*") if path.is_file() and _is_ours(path)
        )


def folders() -> list[str]:
    """Return each folder of the checkout that has files of its own, seen from its top."""
    return sorted({path.parent.relative_to(ROOT).as_posix() for path in _files()})


def sources(*parts: str) -> list[Path]:
    """Return the Python files under the top folders *parts*, or under all."""
    return sorted(
        path
        for path in _files()
        if path.suffix == ".py"
        and (not parts or path.relative_to(ROOT).parts[0] in parts)
    )


@cache
def packages() -> dict[str, str]:
    """Return the name of each package of ours by the folder that it lies in."""
    return {
        path.parents[1].name: path.parent.name
        for path in sorted(ROOT.glob("*/pgx_*/__init__.py"))
        if _is_ours(path)
    }


def module_name(path: Path) -> str:
    """Return the name by which *path* is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] in packages():
        parts = parts[1:]
    elif parts[:2] == ("fixtures", "plugin"):
        parts = parts[2:]
    return ".".join(parts).removesuffix(".__init__")


def graph(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return the modules among *paths* that each of them imports."""
    return _graph(tuple(paths))


@cache
def _graph(paths: tuple[Path, ...]) -> dict[str, set[str]]:
    files = {module_name(path): path for path in paths}
    return {name: imported(files[name].read_text(), files) - {name} for name in files}


def imported(text: str, known: Iterable[str]) -> set[str]:
    """Return which of the *known* modules the source *text* imports."""
    names = set(known)
    return {name for name in _named(ast.parse(text), names) if name in names}


def _named(node: ast.AST, known: set[str]) -> Iterator[str]:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            for other in node.orelse:
                yield from _named(other, known)
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom(module=str(module)):
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield inner if inner in known else module
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _named(child, known)


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups whose members all reach each other, each sorted."""
    reach = {name: _reached(edges, name) for name in edges}
    groups = {
        tuple(sorted({name} | {other for other in reach[name] if name in reach[other]}))
        for name in edges
        if name in reach[name]
    }
    return sorted(list(group) for group in groups)


def _reached(edges: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = set(edges[start])
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= edges[name] - seen
    return seen
