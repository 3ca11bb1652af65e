"""The form of a promise's file, and that each file of pair_promises has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.pair_chaos.plan import POLICIES
from tests.mirror.promise_lines import STATEMENTS, Wrong, read
from tests.mirror.promise_play import Play

_FILES = sorted(Path(__file__).parents[2].glob("fixtures/pair_promises/*.pair"))


def test_lines_are_statements_with_their_words() -> None:
    made = read("# why\nwith arbitration, message\n\ncut admin, log at standby\njoin\n")
    assert made.policies == ("arbitration", "message")
    assert [(line.number, line.name, line.words) for line in made.lines] == [
        (4, "cut", ("admin, log", "standby")),
        (5, "join", ()),
    ]


@pytest.mark.parametrize(
    "text", ["panic nobody", "commits at primary", "wait a little", "panic primary now"]
)
def test_what_is_no_statement_is_named_with_its_line(text: str) -> None:
    with pytest.raises(Wrong, match=f"line 2: {text}"):
        read(f"with message\n{text}\n")


def test_a_promise_names_who_keeps_it() -> None:
    with pytest.raises(Wrong, match="no policy is named"):
        read("panic primary\n")


def test_each_statement_can_be_played() -> None:
    assert all(callable(getattr(Play, name, None)) for name in STATEMENTS)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_file_says_why_and_is_of_policies_that_there_are(path: Path) -> None:
    assert path.read_text().startswith("# ")
    assert set(read(path.read_text()).policies) <= set(POLICIES)


def test_every_policy_has_its_rows() -> None:
    """Those that concern each policy, and those of the register where there is one."""
    each = [read(path.read_text()).policies for path in _FILES]
    assert {policy: sum(policy in one for one in each) for policy in POLICIES} == {
        "arbitration": 17,
        "etcd": 17,
        "command": 10,
        "message": 11,
    }
