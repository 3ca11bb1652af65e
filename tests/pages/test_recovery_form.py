"""The form of docs/recovery*.md: every symptom is made by a test, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages.blocks import ROOT, blocks, prose, typed
from tests.pages.recovering import PAGES

_TESTS = sorted(Path(__file__).parent.glob("test_recovery*.py"))
_TYPED = re.compile(r"`((?:hvswitch|mount|umount|pg_ctl|psql|pgx_online) [^`]+)`")
_LINK = re.compile(r"\]\((\w+\.md)?(?:#([\w-]+))?\)")


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", prose(page))
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


def test_each_procedure_is_named_by_a_test_that_runs_it() -> None:
    text = "\n".join(path.read_text() for path in _TESTS)
    named = {heading for heading in typed(PAGES) if f'"{heading}"' in text}

    assert len(named) > 15
    assert set(typed(PAGES)) - named == set()


def test_every_block_is_typed() -> None:
    """Nothing on these pages is left to belief."""
    found = [block for page in PAGES for block in blocks(page)]

    assert [each.at for each in found if each.why or each.kind != "console"] == []
    assert all(list(each.commands()) for each in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_read_in_one_go_and_has_its_commands_in_blocks(
    page: Path,
) -> None:
    assert page.read_text().count("\n") <= 310
    assert _TYPED.findall(prose(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_heading(page: Path) -> None:
    for name, anchor in _LINK.findall(prose(page)):
        other = ROOT / "docs" / name if name else page
        assert other.exists(), name
        assert not anchor or anchor in _anchors(other), (name, anchor)
