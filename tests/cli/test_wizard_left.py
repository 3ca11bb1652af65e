"""What `apply` leaves to a person: all of it, numbered, and as the documents show it."""

from __future__ import annotations

import re

import pytest

from pgx_wizard.core.screens.vocabulary import HVW
from tests.fix_wizard import ROOT, Wizard, manual

_NETWORK = """\
[network]
[[network.address]]
name = "dbhost"
address = "192.0.2.10"
device = "eth1"
prefix = 24
"""


@pytest.fixture
def wizard(registered_wizard: Wizard) -> Wizard:
    return registered_wizard


def test_administrators_are_shown_what_check_says(wizard: Wizard) -> None:
    text = wizard.run("init", "pgxtest").stdout
    wizard.file(text.replace("noauto,ro", "noauto"), "app1.toml")
    said = wizard.run("check", "app1.toml")

    assert said.returncode == 1
    first = "".join(said.stderr.splitlines(keepends=True)[:3])
    assert first in (ROOT / "docs/administrators.md").read_text()


def test_administrators_are_shown_how_the_second_run_ends(wizard: Wizard) -> None:
    assert wizard.apply("cmdline", "--type-inferred").returncode == 0
    said = wizard.apply("cmdline")
    shown = (ROOT / "docs/administrators.md").read_text()

    assert said.returncode == 0
    lines = said.stderr.splitlines(keepends=True)
    told = [line for line in lines if re.search("done$|warning: ", line)]
    assert f"{''.join(told)}{said.stdout}" in shown


def test_administrators_are_shown_what_is_left_to_them(wizard: Wizard) -> None:
    said = wizard.apply("cmdline").stdout
    left = said[said.index("application APP1 is saved;") :]
    left = left.replace(f"`{wizard.hvw}`", f"`{HVW}`")

    assert left in (ROOT / "docs/administrators.md").read_text()


def test_a_removal_is_left_to_a_person_whole(wizard: Wizard) -> None:
    assert wizard.apply("cmdline", "--type-inferred").returncode == 0
    said = wizard.apply("cmdline", "--without-database").stdout
    steps = re.findall(r"^(\d+)\. (.*)", said, re.MULTILINE)

    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert "hvw" in steps[0][1]
    assert "`REMOVE+EXIT`" in said
    assert steps[-1][1] == "Choose `QUIT`."


def test_each_of_several_removals_is_left_to_a_person(wizard: Wizard) -> None:
    """Where the file has neither any more; a dry run tells the same."""
    both = manual("cmdline").replace("[gls]", _NETWORK + "\n[gls]")
    file = wizard.file(both)
    wizard.fake("--offer", file)
    typed = wizard.apply(file, "--type-inferred")
    assert typed.returncode == 0, typed.stderr
    dry = wizard.apply("manual", "--prune", "--dry-run")
    said = wizard.apply("manual", "--prune")

    assert said.returncode == 3, said.stderr
    for label in ("CommandLines", "IpAddresses"):
        assert f"Choose `{label}`." in said.stdout
        assert f"{label}: (left to a person" in dry.stdout
    assert "Configuration-Generate" not in dry.stdout


def test_a_dry_run_tells_what_prune_removes(wizard: Wizard) -> None:
    assert wizard.apply("manual").returncode == 0
    said = wizard.apply("cmdline", "--prune", "--dry-run", "--type-inferred")

    assert "Symfoware: choose REMOVE+EXIT" in said.stdout


def test_what_is_left_names_the_hvw_that_was_given(wizard: Wizard) -> None:
    assert f"the active node: `{wizard.hvw}`." in wizard.apply("cmdline").stdout
