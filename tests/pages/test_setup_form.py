"""The form of docs/setup.md and docs/operations*.md: what is typed is run, or listed here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages.administered import OPERATIONS, PAGES
from tests.pages.blocks import blocks, prose, typed

# What no test can run, with the page's own reason.
NOT_RUN = {
    "make install PREFIX=/opt/pgx_pclrsc": "PRIMECLUSTER cannot be had here, and"
    " `.ci/run` has the installation",
    "sdxvolume -N -c class0001": "GDS belongs to PRIMECLUSTER",
    "sdxvolume -F -c class0001": "GDS belongs to PRIMECLUSTER",
    "sh app1.files/hvgdsetup.sh": "hvgdsetup belongs to PRIMECLUSTER",
    "/usr/opt/reliant/bin/hvgdsetup -a class0002": "hvgdsetup belongs to PRIMECLUSTER",
}
_PROGRAMS = (
    r"(?:pgx_\w+|hv[a-z]+|sdx\w+|pg_ctl|psql|initdb|mount|umount|mkfs\.\w+|grep|sed|scp"
    r"|useradd|groupadd|systemctl|systemd-tmpfiles|make|cat|tune2fs)"
)
_INLINE = re.compile(rf"`(?!make )({_PROGRAMS} [^`]+)`")  # make is for developers
_LINE = re.compile(rf"(?m)^ *(?:\w*[#$] )?{_PROGRAMS} .*$")


def test_what_no_test_runs_is_what_is_listed() -> None:
    found = {
        step.text.strip(): block.why
        for page in PAGES
        for block in blocks(page)
        if block.why
        for step in block.commands()
    }

    assert found == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_block_is_what_a_shell_is_given_or_a_file_without_a_command(
    page: Path,
) -> None:
    found = list(blocks(page))
    files = [block for block in found if block.kind == "text"]

    assert page.read_text().count("```") == 2 * len(found)
    assert [b.at for b in found if b not in files and b.kind != "console"] == []
    assert all(list(block.commands()) for block in found if block not in files)
    assert [b.at for b in files if _LINE.search("\n".join(b.text))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_command_in_the_text_is_the_beginning_of_one_that_is_run(page: Path) -> None:
    run = [step.text for steps in typed(PAGES).values() for step in steps]
    known = [*run, *NOT_RUN]
    told = _INLINE.findall(prose(page))

    assert [each for each in told if not any(k.startswith(each) for k in known)] == []
    assert _LINE.findall(re.sub("`[^`]*`", "", prose(page))) == []


def test_each_page_is_named_by_the_test_that_types_it() -> None:
    text = Path(__file__).with_name("test_operations.py").read_text()

    assert len(OPERATIONS) == 3
    assert [page.stem for page in OPERATIONS if f'"{page.stem}"' not in text] == []


def test_no_heading_of_a_page_is_anothers() -> None:
    """For what stands below one is typed once."""
    for page in PAGES:
        alone = typed([page])
        others = typed([other for other in PAGES if other != page])
        assert alone.keys() & others.keys() == set()
