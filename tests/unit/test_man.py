"""Man pages and completion are made of what --help prints, and leave nothing of it out."""

from __future__ import annotations

import re

import pytest

from pgx_mirror.command import std_request, texts
from tests.unit.import_graph import ROOT
from tools.commands import COMMANDS as INSTALLED
from tools.man import completion, pages, roff
from tools.man.commands import COMMANDS
from tools.man.help_text import Help, Odd, Option, Row, read

# These are started by our own programs alone.
INTERNAL = {"pgx_monitor", "mc_main"}
# Taken and warned of; the manual has it, and nobody should.
UNNAMED = {"mc_ctl": {"-P"}}

SMALL = """\
prog does this, and
no more.

Usage:
  prog start [-c NAME] [--watch[=SECONDS]] FILE
             [DIR]
  prog stop [OPTION]...
  prog reload OPTION...

FILE is one.

Options:
  -c NAME, --name=NAME      its name
      --watch[=SECONDS]
                            again
                            and again
      --output=text|json    form

Exit status:
  0  done
"""


def _small() -> Help:
    return read(SMALL)


def test_a_help_text_is_read_into_its_parts() -> None:
    told = _small()

    assert (told.program, told.summary) == ("prog", "does this, and no more")
    assert [(use.mode, use.operands) for use in told.uses] == [
        ("start", ("FILE", "DIR")),
        ("stop", ()),
        ("reload", ()),
    ]
    assert told.paragraphs == ("FILE is one.",)
    assert [section.title for section in told.sections] == ["Options", "Exit status"]
    assert told.sections[0].rows[1] == Row("--watch[=SECONDS]", "again and again")


def test_each_spelling_of_an_option_has_its_value() -> None:
    assert list(_small().options.values()) == [
        Option("-c", "NAME"),
        Option("--name", "NAME"),
        Option("--watch", "SECONDS", may_lack_value=True),
        Option("--output", "text|json"),
    ]
    assert _small().options["--output"].choices == ("text", "json")
    assert _small().options["--name"].choices == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("no more.", "no more"),
        ("Usage:", "usage:"),
        ("  prog stop", "  other stop"),
        ("[-c NAME]", "[-x NAME]"),
        ("  0  done", "  0"),
        ("  0  done", "0  done"),
        ("  0  done", "    done"),
        ("  0  done\n", ""),
    ],
)
def test_a_line_that_has_no_place_is_refused(old: str, new: str) -> None:
    assert SMALL.count(old) == 1
    with pytest.raises(Odd):
        read(SMALL.replace(old, new))


def test_every_command_that_people_type_has_a_page() -> None:
    assert set(COMMANDS) == set(INSTALLED) - INTERNAL


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_every_option_that_the_command_takes(name: str) -> None:
    taken = frozenset().union(*COMMANDS[name].by_mode.values())

    assert taken - set(COMMANDS[name].help.options) == UNNAMED.get(name, set())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_every_mode_and_no_other(name: str) -> None:
    by_mode = COMMANDS[name].by_mode
    told = COMMANDS[name].help
    rows = {row.term for section in told.sections for row in section.rows}

    assert set(by_mode) <= rows | set(told.options)
    assert {use.mode for use in told.uses if use.mode} <= set(by_mode)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_how_it_ends_and_fits_a_terminal(name: str) -> None:
    told = COMMANDS[name].help
    text = COMMANDS[name].text

    assert told.program == name
    assert "Exit status" in {section.title for section in told.sections}
    assert {"--help", "--version"} <= set(told.options)
    assert text.isascii()
    assert max(map(len, text.splitlines())) < 90


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_help_is_in_the_page(name: str) -> None:
    """Its own escapes apart: that roff shows them is seen with real programs."""
    page = re.sub(r"\\f[BIR]|\\&", "", pages.man_page(name, "2026-11-29"))
    for escaped, plain in (
        ("\\(aq", "'"), ("\\(ha", "^"), ("\\ ", " "), ("\\-", "-"), ("\\(ga", "`"),
    ):  # fmt: skip
        page = page.replace(escaped, plain)
    page = page.replace("\\(ti", "~").replace("\\(rs", "\\")
    # Headings are the page's own, and its words are filled anew.
    titles = {f"{section.title}:" for section in COMMANDS[name].help.sections}
    lines = (line for line in COMMANDS[name].text.splitlines() if line not in titles)
    words = {word.strip(".") for line in lines for word in line.split()}

    assert words - {word.strip(".") for word in page.split()} == {"Usage:"}


def test_what_begins_like_a_request_of_roffs_is_none() -> None:
    text = SMALL.replace("FILE is one.", ".so /etc/passwd").replace("form", "'x")
    page = roff.page(read(text), 1, "0", "2026", [("other", 8)], ("a.md",))

    assert not re.search(r"(?m)^(\.so|')", page)


def test_a_page_points_to_documents_that_are_there() -> None:
    named = {name for command in COMMANDS.values() for name in command.documents}

    assert [name for name in named if not (ROOT / "docs" / name).is_file()] == []


def test_a_default_in_a_text_is_the_one_that_counts() -> None:
    assert f"tried again (default: {std_request.WAITS:g})" in texts.MC_STD


def test_a_name_of_a_user_is_no_name_of_a_resource() -> None:
    command = COMMANDS["pgx_pclrsc"]
    text = completion.script(command.help, command.by_mode)

    assert re.search(r"(?m)^ +-c\) kind=resource", text)
    assert re.search(r"(?m)^ +-n \| --db-user \|.* kind=other", text)
