"""The fixtures that every test may ask for: none hides another, no port is another's."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

from fixtures.ports import free_port
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


PORTS = (
    "from fixtures.ports import free_port; print(*[free_port() for _ in range(300)])"
)


def test_no_two_processes_have_a_port_in_common() -> None:
    """Though nobody listens on any: a test's server may start later, or again."""
    ours = {free_port() for _ in range(300)}
    others = [
        subprocess.Popen(
            [sys.executable, "-c", f"{PORTS}; input()"],
            env={"PYTHONPATH": str(TESTS.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    lines = [one.stdout.readline() for one in others if one.stdout is not None]
    for one in others:
        one.communicate("\n")
    taken = [ours, *({int(word) for word in line.split()} for line in lines)]

    assert all(len(ports) > 100 for ports in taken)
    assert len(set().union(*taken)) == sum(map(len, taken))
