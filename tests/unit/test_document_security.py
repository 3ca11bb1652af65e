"""docs/security.md: each attempt has a test that tries it, and that test is there."""

from __future__ import annotations

import ast
import re

from tests.unit.import_graph import ROOT

_TEXT = (ROOT / "docs/security.md").read_text()
_TESTS = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def _attempts() -> list[list[str]]:
    """Return the rows of both tables of attempts, each as its cells."""
    tables = _TEXT.partition("## What the OS user could try")[2].partition("\n## Sec")[
        0
    ]
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    found = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    return [cells for cells in found if cells[0] not in ("attempt", "---")]


def test_each_attempt_names_a_test() -> None:
    rows = _attempts()

    assert len(rows) > 25
    assert [cells for cells in rows if len(cells) != 3] == []
    assert [cells[0] for cells in rows if not _TESTS.search(cells[2])] == []


def test_each_test_that_is_named_is_there() -> None:
    named = _TESTS.findall(_TEXT)
    gone = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists() or (name and name not in _functions(path))
    ]

    assert len(named) > 30
    assert gone == []


def _functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
