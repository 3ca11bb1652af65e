"""Each command of docs/pair_procedures*.md is one that a test runs, and the pages' form is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mirror import procedures
from tests.mirror.played import agree
from tests.mirror.procedures import PAGES, Block, Command, blocks, prose

_TESTS = sorted(Path(__file__).parent.glob("test_procedures_*.py"))
_RUN = re.compile(r'(?:procedure\(\s*|heading = )"([^"]+)"')
_TYPED = re.compile(r"`((?:mc_ctl|mc_arb|mc_std|pg_ctl|psql|systemctl) [^`]+)`")


def run_by_tests() -> set[str]:
    """Return which headings the tests have run, by `procedure("HEADING", ...)`."""
    return {found for path in _TESTS for found in _RUN.findall(path.read_text())}


def test_each_procedure_is_run_and_is_there() -> None:
    """`procedure` sees to it that none of its commands is left out."""
    assert run_by_tests() == set(procedures.procedures())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_block_is_of_a_section_and_is_what_a_shell_is_given(page: Path) -> None:
    found = list(blocks(page))

    assert found
    assert page.read_text().count("```") == 2 * len(found)
    assert [block.at for block in found if block.kind != "console"] == []
    assert [block.at for block in found if not block.heading] == []
    assert all(list(block.commands()) for block in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_command_stands_outside_of_a_block(page: Path) -> None:
    assert _TYPED.findall(prose(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_read_in_one_go(page: Path) -> None:
    assert page.read_text().count("\n") <= 300


def test_a_block_is_told_apart() -> None:
    text = ("server1$ cat > x <<'E'", "> a", ">", "> b", "server2# y", "z", "...")
    block = Block("7.3 X", "console", text, ("p.md", 10))

    assert list(block.commands()) == [
        Command("server1", False, "cat > x <<'E'\na\n\nb\n", (), "p.md:11"),
        Command("server2", True, "y\n", ("z", "..."), "p.md:15"),
    ]


@pytest.mark.parametrize("first", ["mc_ctl status", "server3$ mc_ctl status", "$ ls"])
def test_a_block_without_a_prompt_is_refused(first: str) -> None:
    with pytest.raises(ValueError, match="no prompt"):
        list(Block("7.3 X", "console", (first,), ("p.md", 1)).commands())


@pytest.mark.parametrize(
    ("wanted", "said", "agrees"),
    [
        (("a  b",), "x\na b\ny", True),
        (("a", "b"), "b\na", False),
        (("a", "...", "b"), "a\nx\nb", True),
        (("a ... c",), "a b c", True),
        (("a",), "a b", False),
        (("a.c",), "abc", False),
        (("-----",), "----------", True),
        (("a", "a"), "a", False),
    ],
)
def test_what_must_be_seen(wanted: tuple[str, ...], said: str, agrees: bool) -> None:
    assert agree(wanted, said) == agrees
