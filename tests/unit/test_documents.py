"""What the documents of the checkout say of it is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pgx_base.version import VERSION
from tests.unit.import_graph import ROOT, folders, module_name, sources
from tools.commands import COMMANDS, FAKES

_ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
_CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
_CHANGELOG = (ROOT / "CHANGELOG.md").read_text().splitlines()


def test_the_changelog_begins_with_the_version_that_the_commands_tell() -> None:
    first = next(line for line in _CHANGELOG if line.startswith("## "))

    assert re.fullmatch(r"## (.+) - (unreleased|\d{4}-\d\d-\d\d)", first)
    assert first.split()[1] == VERSION


def test_the_changelog_tells_one_idea_a_line_under_known_headings() -> None:
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    headings = [line[4:] for line in _CHANGELOG if line.startswith("### ")]
    told = [line for line in _CHANGELOG[_CHANGELOG.index("### Added") :] if line]

    assert set(headings) <= known
    assert [line for line in told if not line.startswith(("- ", "## ", "### "))] == []
    assert [line for line in told if len(line) > 120] == []


def _mapped() -> Iterator[str]:
    """Yield each folder of the code map, seen from the top; indentation is nesting."""
    text = _ARCHITECTURE.partition("## Code map\n")[2].partition("\n## ")[0]
    above: list[str] = []
    for line in text.partition("```\n")[2].partition("```")[0].splitlines():
        found = re.fullmatch(r"((?:  )*)(\S+)/ +\S.*", line)
        if found is None:
            assert re.fullmatch(r" {20,}\S.*", line), (
                f"neither folder nor words: {line}"
            )
            continue
        above[len(found[1]) // 2 :] = [found[2]]
        yield "/".join(above)


def test_the_code_map_has_a_line_for_every_folder_and_no_other() -> None:
    mapped = list(_mapped())

    assert sorted(set(folders()) - set(mapped)) == []
    assert sorted(set(mapped) - set(folders())) == []
    assert len(set(mapped)) == len(mapped)


def test_the_architecture_names_each_entry_point_with_its_module() -> None:
    rows = [line.split("|") for line in _ARCHITECTURE.splitlines() if line[:2] == "| "]
    told: dict[str, str] = {}
    for cells in rows:
        names, modules = (re.findall("`([^`]+)`", cell) for cell in cells[1:3])
        if len(modules) in (1, len(names)):
            told |= dict(zip(names, modules * len(names), strict=False))

    assert (COMMANDS | FAKES).items() - told.items() == set()


def test_contributing_names_each_folder_of_tests() -> None:
    kinds = {
        "/".join(path.split("/")[:2]) for path in folders() if path[:6] == "tests/"
    }
    rows = re.findall(r"^\| `([^`]+)` \|.*\|.*\|$", _CONTRIBUTING, re.MULTILINE)

    assert kinds - set(rows) == set()


def test_contributing_names_each_target_of_make_and_no_other() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    targets = " ".join(re.findall(r"^\.PHONY:(.*)", makefile, re.MULTILINE)).split()
    rows = re.findall(r"^\| `make ([a-z-]+)` \|", _CONTRIBUTING, re.MULTILINE)

    assert sorted(rows) == sorted(targets)
    assert set(re.findall(r"\bmake ([a-z-]+)\b", _code(_CONTRIBUTING))) <= set(targets)


def _code(text: str) -> str:
    """Return what stands in backquotes."""
    return "\n".join(re.findall(r"`+([^`]+)`+", text))


def test_what_contributing_points_to_is_there() -> None:
    paths = re.findall(r"(?<!\S)\.?[a-z]+/[\w./*]+", _code(_CONTRIBUTING))

    assert len(paths) > 20
    assert [path for path in paths if not any(ROOT.glob(path))] == []


def _patched() -> Iterator[tuple[str, str]]:
    """Yield the file and the name of whatever `monkeypatch` sets that is no variable."""
    for path in sources("tests", "fixtures"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(ast.Attribute(ast.Name("monkeypatch"), done), words):
                    if done not in ("setenv", "delenv"):
                        last = ast.unparse(words[-2:][0]).strip("'").rpartition(".")[2]
                        yield path.relative_to(ROOT).as_posix(), last
                case _:
                    pass


def test_monkeypatch_is_used_for_what_contributing_says() -> None:
    odd = {path for path, name in _patched() if name != name.upper()}
    told = _CONTRIBUTING.partition("tests set something else")[2].partition("\n")[0]

    assert odd == set(re.findall(r"`(tests/[^`]+)`", told))


def test_there_are_no_mocks() -> None:
    named = re.compile(r"^\s*(from|import) (unittest|mock)\b", re.MULTILINE)

    assert [path for path in sources() if named.search(path.read_text())] == []


def test_modules_that_documents_name_exist() -> None:
    """Also by the end of their name alone: `core.verdict`, `monitor/loop.py`."""
    known = {f".{module_name(path)}" for path in sources()}
    homes = {part for name in known for part in name.split(".")[:-1] if part}
    gone = [
        f"{path.name}: {name}"
        for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
        for name in _modules(_code(path.read_text()), homes)
        if not any(module.endswith(f".{name}") for module in known)
    ]

    assert gone == []


def _modules(text: str, homes: set[str]) -> set[str]:
    """Return what *text* names as a module in one of the folders *homes*."""
    # A table of TOML, `[database.flags]`, has its bracket before it.
    dotted = re.findall(r"(?<![\w./\[-])[a-z]\w*(?:\.[a-z]\w*)+(?![\w/(-])", text)
    files = re.findall(r"(?<![\w./-])(?:[a-z]\w*/)+[a-z]\w*\.py\b", text)
    names = {*dotted, *(name.removesuffix(".py").replace("/", ".") for name in files)}
    return {
        name
        for name in names
        if name.split(".")[0] in homes
        and not name.endswith((".py", ".lock"))
        and name != "pgx_mirror.mark"  # a file in a data directory
    }
