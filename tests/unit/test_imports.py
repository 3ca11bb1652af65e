"""Which way imports point, whoever draws the contracts in pyproject.toml."""

from __future__ import annotations

import ast
import tomllib

import pytest

from tests.unit.import_graph import (
    ROOT,
    circles,
    graph,
    imported,
    module_name,
    packages,
    sources,
)
from tools.commands import PACKAGES

# From the ground up; those on one floor do not know each other.
FLOORS = (("base",), ("postgres",), ("pclrsc", "mirror"), ("agent", "wizard"))
_FLOOR = {part: number for number, floor in enumerate(FLOORS) for part in floor}
_PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_floors_are_the_packages_on_disk() -> None:
    assert sorted(_FLOOR) == sorted(packages())
    assert {f"pgx_{part}" for part in _FLOOR} == set(packages().values())
    assert list(_FLOOR) == list(PACKAGES)


def test_every_tool_knows_every_package() -> None:
    """A package that one of them forgets is one that it does not look at."""
    tool = _PYPROJECT["tool"]
    parts, names = set(packages()), set(packages().values())

    assert set(tool["setuptools"]["packages"]["find"]["where"]) == parts
    assert parts <= set(tool["ruff"]["src"])
    assert parts <= set(tool["mypy"]["files"])
    assert parts <= set(tool["mypy"]["mypy_path"])
    assert parts <= set(tool["pytest"]["ini_options"]["pythonpath"])
    assert names <= set(tool["ruff"]["lint"]["isort"]["known-first-party"])
    assert names == set(tool["coverage"]["run"]["source_pkgs"])
    assert names == set(tool["importlinter"]["root_packages"])


def test_no_import_points_up() -> None:
    """Nor to the side: what two packages of one floor need belongs below both."""
    where = {name: part for part, name in packages().items()}
    edges = graph(sources(*packages()))
    up = [
        f"{name} -> {other}"
        for name, others in edges.items()
        for other in others
        if (mine := where[name.split(".")[0]]) != (its := where[other.split(".")[0]])
        and _FLOOR[its] >= _FLOOR[mine]
    ]

    assert sorted(up) == []


def test_no_package_imports_what_is_there_for_tests() -> None:
    edges = graph(sources())
    ours = tuple(packages().values())
    out = [
        f"{name} -> {other}"
        for name, others in edges.items()
        for other in others
        if name.startswith(ours) and not other.startswith(ours)
    ]

    assert sorted(out) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles(graph(sources())) == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    edges = graph(sources(*packages()))
    folders: dict[str, set[str]] = {}
    for name, others in edges.items():
        folder, theirs = _folder(name), {_folder(other) for other in others}
        folders.setdefault(folder, set()).update(theirs - {folder})
    for theirs in list(folders.values()):
        for other in theirs:
            folders.setdefault(other, set())

    assert circles(folders) == []


def _folder(name: str) -> str:
    return name.rpartition(".")[0] or name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a.b", {"a.b"}),
        ("from a import b, function", {"a", "a.b"}),
        ("from a.b import function as f", {"a.b"}),
        ("def f():\n    if x:\n        from a import b", {"a.b"}),
        ("try:\n    import a.b\nexcept ImportError:\n    import c", {"a.b", "c"}),
        ("if TYPE_CHECKING:\n    import c\nelse:\n    import a.b", {"a.b"}),
        ("import os", set()),
    ],
)
def test_an_import_is_seen_wherever_it_runs(text: str, names: set[str]) -> None:
    assert imported(text, ["a", "a.b", "c"]) == names


def test_a_circle_is_found_and_what_only_leads_to_it_is_not_in_it() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"e"}, "e": set()}

    assert circles(edges) == [["b", "c"]]


def test_every_file_has_a_name_of_its_own() -> None:
    names = [module_name(path) for path in sources()]

    assert len(set(names)) == len(names)
    assert {"pgx_agent", "pgx_rms", "tests.conftest"} <= set(names)


def test_a_folders_front_door_imports_nothing() -> None:
    """It runs before every module behind it, whoever asked for which."""
    doors = [path for path in sources(*packages()) if path.stem == "__init__"]
    texts = {module_name(path): ast.parse(path.read_text()).body for path in doors}

    assert {name for name, body in texts.items() if len(body) > 1} == set()
