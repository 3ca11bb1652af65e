"""Ten random faults and moves, with a writer and a witness: `make chaos-pacemaker` has more."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.chaos.player import Player
from fixtures.pacemaker.chaos import worker
from fixtures.pacemaker.chaos.kinds import ACTIVE
from fixtures.pacemaker.chaos.plan import GROUND, plans
from fixtures.pacemaker.chaos.stage import OTHER
from fixtures.pacemaker.chaos.strikes import STRIKES
from fixtures.pacemaker.chaos.target import Strike, Target
from fixtures.pair_chaos.plan import Blow, Plan, Step, render
from tests.pacemaker.marks import MARKS

pytestmark = MARKS
_SEED = 14  # the faults that it draws are of every sort: nothing broken, moves, fences
_HARMLESS = "monitor killed"
_SECOND = (
    "mount -t ext4 {device} ${{PGX_DATA%/*}} && rm -f $PGX_DATA/postmaster.pid &&"
    " setpriv --reuid=$PGX_USER --regid=$(id -g $PGX_USER) --clear-groups"
    " $PGX_BIN_DIR/pg_ctl -D $PGX_DATA -w start </dev/null >/dev/null 2>&1;"
    " kill -9 $(postmaster); umount -l ${{PGX_DATA%/*}}"
)


@pytest.mark.parametrize("plan", plans(_SEED, 10, 4), ids=lambda plan: plan.seed)
def test_chaos(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(render(plan))
    player = Player("fixtures.pacemaker.chaos.worker", 1100.0)
    try:
        run = player.play(file)
    finally:
        player.close()
    print(file.with_suffix(".out").read_text())
    assert not run["failure"]
    assert len(run["steps"]) == len(plan.steps)
    assert run["rows"]


def start_a_second_server(at: Target) -> None:
    """By hand, on the idle node, on the same disk."""
    text = _SECOND.format(device=at.stage.instance.device)
    at.stage.run(OTHER[at.node], text)


@pytest.mark.parametrize(
    ("strike", "told"),
    [
        (STRIKES["postmaster killed"], "nothing was broken, and these ran"),
        (start_a_second_server, "two servers at once"),
    ],
)
def test_what_must_not_be_is_seen(
    strike: Strike, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STRIKES, _HARMLESS, strike)
    file = tmp_path / "plan.json"
    step = Step(Blow(_HARMLESS, ACTIVE, 0.5, 1))
    file.write_text(render(Plan("1-0", "", (step,), GROUND)))
    assert worker.play(file)["failure"].startswith(told)
