"""A campaign's worker that dies is told of, and takes no further file; one is ended anywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fixtures.chaos.player import Player
from fixtures.processes import wait_until

NOT_ENDED = "the run did not end"


def test_a_worker_that_dies_did_not_end_its_run(tmp_path: Path) -> None:
    player = Player("tests.mirror.dying_worker")
    assert player.play(tmp_path / "plan.json")["failure"] == NOT_ENDED
    assert player.child.poll() is not None
    player.close()


@pytest.mark.parametrize("stands", ["loads", "waits", "destructor"])
def test_a_worker_is_ended_wherever_it_stands(tmp_path: Path, stands: str) -> None:
    """It clears what it has played, where it has begun."""
    player, path = Player("tests.mirror.lasting_worker", 60.0), tmp_path / stands
    with ThreadPoolExecutor(1) as pool:
        played = pool.submit(player.play, path)
        if stands != "loads":
            wait_until(path.with_suffix(f".{stands}").exists, "it plays")
        player.end()
        assert played.result()["failure"] == NOT_ENDED
    assert player.child.returncode == 0
    assert path.with_suffix(".cleared").exists() or stands == "loads"
    player.close()
