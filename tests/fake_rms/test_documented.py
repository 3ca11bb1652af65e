"""What docs/fake_rms.md shows is what there is."""

from __future__ import annotations

import re
from pathlib import Path

from fixtures.fake_rms.replay import grammar, stage
from fixtures.fake_rms.replay.meaning import plan

_DOC = Path(__file__).resolve().parents[2] / "docs/fake_rms.md"
TEXT = _DOC.read_text(encoding="utf-8").partition("## Transition files")[2]


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
