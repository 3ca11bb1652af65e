"""The bench and the load use the settings that docs/pair_administrators.md shows."""

from __future__ import annotations

from pathlib import Path

from fixtures.pair.fastest import FAST, FAST_SECONDS, FAST_SETTINGS

_PAGE = Path(__file__).parents[2] / "docs/pair_administrators.md"


def test_as_fast_as_it_goes_is_what_is_measured() -> None:
    text = _PAGE.read_text()
    section = text.split("### As fast as it goes\n")[1].split("\n## ")[0]
    blocks = [block.strip().splitlines() for block in section.split("```")[1::2]]

    assert blocks == [
        [f"{name} = {value}" for name, value in each.items()]
        for each in (FAST, FAST_SETTINGS)
    ]
    assert f"silent after {FAST_SECONDS:g} s" in section
