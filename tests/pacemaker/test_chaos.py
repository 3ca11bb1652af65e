"""Ten random faults and moves, with a writer and a witness: `make chaos-pacemaker` has more."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.chaos.player import Player
from fixtures.pacemaker.chaos.plan import plans
from fixtures.pair_chaos.plan import Plan, render
from tests.pacemaker.marks import MARKS

pytestmark = MARKS
_SEED = 14  # the faults that it draws are of every sort: nothing broken, moves, fences


@pytest.mark.parametrize("plan", plans(_SEED, 10, 4), ids=lambda plan: plan.seed)
def test_chaos(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(render(plan))
    player = Player("fixtures.pacemaker.chaos.worker", 500.0)
    try:
        run = player.play(file)
    finally:
        player.close()
    print(file.with_suffix(".out").read_text())
    assert not run["failure"]
    assert len(run["steps"]) == len(plan.steps)
    assert run["rows"]
