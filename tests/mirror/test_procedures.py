"""Each command of docs/pair_procedures*.md is one that a test runs, and the pages' form is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import os_user
from tests.mirror import procedures
from tests.mirror.played import procedure
from tests.mirror.procedures import PAGES
from tests.mirror.whole import Whole
from tests.pages.blocks import ROOT, blocks, prose

_TESTS = sorted(Path(__file__).parent.glob("test_procedures_*.py"))
_TYPED = re.compile(r"`((?:mc_ctl|mc_arb|mc_std|pg_ctl|psql|systemctl) [^`]+)`")


def test_each_procedure_is_named_by_a_test_that_runs_it() -> None:
    """`procedure` sees to it that none of its commands is left out."""
    text = "\n".join(path.read_text() for path in _TESTS)
    named = {heading for heading in procedures.procedures() if f'"{heading}"' in text}

    assert set(procedures.procedures()) - named == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_block_is_of_a_section_and_is_what_a_shell_is_given(page: Path) -> None:
    found = list(blocks(page))

    assert found
    assert page.read_text().count("```") == 2 * len(found)
    assert [block.at for block in found if block.kind != "console"] == []
    assert [block.at for block in found if block.why or not block.numbered] == []
    assert all(list(block.commands()) for block in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_command_stands_outside_of_a_block(page: Path) -> None:
    assert _TYPED.findall(prose(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_read_in_one_go(page: Path) -> None:
    assert page.read_text().count("\n") <= 300


def test_a_command_that_is_left_out_is_a_failure(tmp_path: Path) -> None:
    pair = Whole(tmp_path, Binaries(tmp_path, "18.1", 18, False), os_user())
    with (
        pytest.raises(AssertionError, match=r"not run: .*mc_ctl switch"),
        procedure("7.3 Switching by hand", pair),
    ):
        pass


def settings(text: str) -> set[str]:
    """Return the settings of *text* that the pair asks for, without comments."""
    found = re.findall(r"(?m)^(?:> )?([a-z_]+ = [^#\n]*?) *(?:#.*)?$", text)
    return {line for line in found if not line.startswith(("port", "unix_socket"))}


def test_the_settings_are_those_of_the_other_page() -> None:
    page = (ROOT / "docs/pair_administrators.md").read_text()
    shown = page.partition("In its postgresql.conf:")[2].split("```")[1]
    typed = [
        step.text
        for steps in procedures.procedures().values()
        for step in steps
        if "postgresql.conf <<" in step.text
    ]

    assert len(typed) == 2
    assert settings(typed[0]) == settings(shown)
    assert settings(shown) - settings(typed[1]) == {"listen_addresses = '*'"}
