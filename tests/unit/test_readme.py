"""README.md is short, and whoever follows its links comes to every document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.import_graph import ROOT

README = ROOT / "README.md"
_PAGES = sorted((ROOT / "docs").glob("*.md"))


def _links(page: Path) -> dict[str, Path]:
    """Return the files that *page* links to, by what stands in the link."""
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    return {link: (page.parent / link).resolve() for link in found if "://" not in link}


def test_it_is_read_in_one_go() -> None:
    assert len(README.read_text().splitlines()) < 130


@pytest.mark.parametrize("page", [README, *_PAGES], ids=lambda page: page.name)
def test_a_link_leads_to_a_file(page: Path) -> None:
    assert [link for link, path in _links(page).items() if not path.exists()] == []


def test_every_document_can_be_reached_from_it() -> None:
    seen, todo = {README}, [README]
    while todo:
        new = {path for path in _links(todo.pop()).values() if path.suffix == ".md"}
        todo += new - seen
        seen |= new

    assert [page.name for page in _PAGES if page not in seen] == []


def test_what_a_newcomer_calls_it_has_a_word_here() -> None:
    """Each row has the word of at least one other cluster manager, and ours."""
    table = README.read_text().partition("| pcs")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]

    assert len(rows) > 8
    assert {len(row) for row in rows} == {5}
    assert all(any(cell.strip() for cell in row[:3]) for row in rows)
    assert all(row[3].strip() and row[4].strip() for row in rows)
