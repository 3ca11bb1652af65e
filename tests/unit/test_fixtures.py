"""The fixtures that every test may ask for: no plugin's hides another's of the same name."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tests import conftest

TESTS = Path(conftest.__file__).parent


def fixtures(module: str) -> list[str]:
    """Return the names of the fixtures that *module* has."""
    path = TESTS.parent.joinpath(*module.split(".")).with_suffix(".py")
    functions = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]
    return [
        node.name
        for node in functions
        if any("pytest.fixture" in ast.unparse(one) for one in node.decorator_list)
    ]


def test_no_two_plugins_have_a_fixture_of_one_name() -> None:
    names = Counter(name for one in conftest.pytest_plugins for name in fixtures(one))

    assert len(names) > len(conftest.pytest_plugins)
    assert [name for name, count in names.items() if count > 1] == []
