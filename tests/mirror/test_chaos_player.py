"""A campaign's worker that dies is told of, and takes no further file."""

from __future__ import annotations

from pathlib import Path

from fixtures.chaos.player import Player


def test_a_worker_that_dies_did_not_end_its_run(tmp_path: Path) -> None:
    player = Player("tests.mirror.dying_worker")
    assert player.play(tmp_path / "plan.json")["failure"] == "the run did not end"
    assert player.child.poll() is not None
    player.close()
