"""The pages that are made, as real programs of other projects read them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.commands import command
from tests.unit.import_graph import ROOT
from tools.man import pages
from tools.man.commands import COMMANDS

PAGES = sorted(path for path in pages.all_files("", "") if path.startswith("man/"))

# As Python's standard library alone makes them: no environment is needed.
MAKE = [os.path.realpath(sys.executable), "-IS", "-c"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make all of it, under a umask that lets nobody else read."""
    into = tmp_path_factory.mktemp("made")
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[1:] = [{str(into)!r}]"
    )
    code += "; import runpy; runpy.run_module('tools.man', run_name='__main__')"
    subprocess.run([*MAKE, code], check=True, umask=0o077, cwd="/")
    return into


def _page(made: Path, name: str) -> Path:
    section = COMMANDS[name].section
    return made / "man" / f"man{section}" / f"{name}.{section}"


def _said(*words: str | Path) -> str:
    """Return what a program prints, its complaints too; it must end well."""
    name = str(words[0])
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run(
        words,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "PAGER": "cat"},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_is_made_of_the_very_text_that_help_prints(
    name: str, made: Path
) -> None:
    assert _said(command(name), "--help") == COMMANDS[name].text
    assert _page(made, name).stat().st_mode & 0o777 == 0o644
    assert (made / "completion" / name).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("path", PAGES)
def test_groff_has_nothing_to_say_of_a_page(path: str, made: Path) -> None:
    assert _said("groff", "-man", "-ww", "-z", "-Tutf8", made / path) == ""


@pytest.mark.parametrize("path", PAGES)
def test_mandoc_has_nothing_to_say_of_a_page(path: str, made: Path) -> None:
    """But that a version that is not released has no date."""
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    done = subprocess.run(
        ["mandoc", "-T", "lint", made / path], capture_output=True, text=True
    )
    lines = done.stdout.splitlines()

    assert [line for line in lines if "cannot parse date" not in line] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_man_shows_every_option_in_words_that_can_be_copied(
    name: str, made: Path
) -> None:
    shown = _said("man", "--warnings", "-l", _page(made, name))

    assert "warning:" not in shown
    # Overstrikes, if any: bold and italics.
    plain = re.sub(r".\x08|\x1b\[[0-9;]*m", "", shown)
    missing = [
        option
        for option in COMMANDS[name].help.options
        if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", plain)
    ]
    assert missing == []


@pytest.mark.parametrize("name", COMMANDS)
def test_whatis_finds_what_a_command_is(name: str, made: Path) -> None:
    summary = COMMANDS[name].help.summary

    assert f'"{name} - {summary}"' in _said("lexgrog", _page(made, name))
