"""What the documents of the checkout say of it is so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgx_base.version import VERSION
from tests.unit.import_graph import ROOT, folders
from tools.commands import COMMANDS, FAKES

_ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
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
