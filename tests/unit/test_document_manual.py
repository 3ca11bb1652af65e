"""docs/manual.md has every section of the guide, and what it names is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.links import anchors, broken
from tests.unit.import_graph import ROOT

_PAGE = ROOT / "docs/manual.md"
# The numbers of the guide's table of contents: of each chapter, how many sections there are.
_CONTENTS = """
1.1-2
2.1-3 2.3.1-13 2.3.4.1-3
3.1-6 3.6.1-2 3.6.1.1-3 3.6.2.1-5
4.1-6
5.1-3 5.2.1-4 5.3.1-2
6.1-11 6.3.1-2 6.4.1-2 6.7.1-2 6.9.1-3 6.11.1-2
7.1-7 7.6.1-2 7.7.1-3
8.1-4 8.1.1-2 8.1.1.1-3 8.1.1.1.1-3 8.1.2.1-2 8.1.2.1.1-3
A.1-2 A.1.1-7 A.2.1-4
B.1-4
C.1-3
"""
_TOTAL = 123  # counted in the guide


def series(first: str, last: str) -> Iterator[str]:
    """Yield what lies between two numbers that differ in their last part, with both."""
    above, _, begin = first.rpartition(".")
    for number in range(int(begin), int(last.rpartition(".")[2]) + 1):
        yield f"{above}.{number}"


def contents() -> list[str]:
    """Return the number of each section of the guide."""
    found: list[str] = []
    for word in _CONTENTS.split():
        first, _, last = word.partition("-")
        found += series(first, last)
    return found


def rows() -> list[list[str]]:
    """Return the cells of each row of the page that is not a head."""
    lines = [line for line in _PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("section", "---")]


def covered() -> list[str]:
    """Return each section that a row has; `6.9.1 to 6.9.3` are three."""
    found: list[str] = []
    for row in rows():
        for word in row[0].split(", "):
            first, _, last = word.partition(" to ")
            found += series(first, last or first)
    return found


def test_the_contents_are_those_of_the_guide() -> None:
    assert len(contents()) == len(set(contents())) == _TOTAL


def test_each_section_has_one_row_and_there_is_no_other() -> None:
    assert sorted(set(contents()) - set(covered())) == []
    assert sorted(set(covered()) - set(contents())) == []
    assert len(covered()) == len(set(covered()))


def test_each_row_says_where_or_that_it_is_not_in_postgresql() -> None:
    unsaid = [row[0] for row in rows() if len(row) != 3 or not all(row)]
    nowhere = [row[0] for row in rows() if "](" not in row[2]]

    assert unsaid == []
    assert nowhere == ["6.6"]


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.stem
)
def test_each_link_of_a_page_leads_to_a_heading(page: Path) -> None:
    assert list(broken(page)) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "[a](setup.md#none) [b](none.md) [c](#none) [d](setup.md) [e](https://x/#y)"

    assert list(broken(_PAGE, text)) == ["setup.md#none", "none.md#", "#none"]
    assert "part-3-database-multiplexing-mode" in anchors(_PAGE)
