"""What docs/fake_rms.md shows is what there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from fixtures import fake_rms
from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.replay import grammar, stage
from fixtures.fake_rms.replay.meaning import plan

_DOC = Path(__file__).resolve().parents[2] / "docs/fake_rms.md"
TEXT = _DOC.read_text(encoding="utf-8").partition("## Transition files")[2]
_NEEDED = TEXT.partition("## Why each part is there\n")[2].partition("\n## ")[0]
_TRANSITIONS = _DOC.parents[1] / "fixtures/transitions"


def test_the_example_is_played(tmp_path: Path) -> None:
    example = TEXT.split("```\n")[1]
    assert example.count("\n") == 10

    home = tmp_path / "home"
    home.mkdir()
    stage.play(
        plan(grammar.parse(str(tmp_path / "x.rms"), example)), home, lambda told: None
    )


def test_every_statement_is_in_the_table() -> None:
    table = TEXT.partition("\n## ")[0]
    shown = {match[1] for match in re.finditer(r"`([a-z-]+)[ `]", table)}

    assert set(grammar.WORDS) <= shown


def _quoted(row: str, column: int) -> list[str]:
    cells = row.split("|")
    return re.findall(r"`([^`]+)`", cells[column + 1]) if len(cells) > 3 else []


def test_every_module_has_its_row_of_what_needs_it() -> None:
    home = Path(fake_rms.__file__).parent
    modules = {
        path.relative_to(home).with_suffix("").as_posix()
        for path in home.rglob("*.py")
        if path.stem != "__init__"
    }
    rows = _NEEDED.partition("\n| knob |")[0].splitlines()

    assert sorted(name for row in rows for name in _quoted(row, 0)) == sorted(modules)


def test_every_knob_is_turned_by_the_transition_of_its_row() -> None:
    rows = _NEEDED.partition("\n| knob |")[2].splitlines()
    told = [(name, _quoted(row, 1)[0]) for row in rows for name in _quoted(row, 0)]

    assert {name for name, _ in told} == {each.name for each in fields(Knobs)}
    for name, transition in told:
        text = (_TRANSITIONS / f"{transition}.rms").read_text()
        assert f"\nknob {name} = " in text, transition


def test_every_transition_that_is_named_is_there() -> None:
    last = "".join(row.rpartition(" | ")[2] for row in _NEEDED.splitlines())
    named = {name for name in re.findall(r"`([a-z0-9_]+)`", last) if "_" in name}

    assert len(named) > 20
    assert [n for n in named if not (_TRANSITIONS / f"{n}.rms").exists()] == []
