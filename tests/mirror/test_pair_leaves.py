"""A controller that leaves by an operator's word is not taken for a dead one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B, PairPlace, place
from fixtures.processes import wait_until

pytestmark = pytest.mark.one_postgres

# Silence counts after (0.3 + 1) x 1 = 1.3 s.
FAST = {"heartbeat_interval": 300, "heartbeat_timeout": 1, "heartbeat_retry": 0}
LIMIT = 1.3


@pytest.fixture
def pair(postgresql: Binaries, os_user: OsUser, open_tmp: Path) -> Iterator[PairPlace]:
    with place(open_tmp / "home", postgresql, os_user, conf=dict(FAST)) as made:
        made.start_arbiter()
        made.mc_ctl(A, "start", "-w", "-f", "--as-primary")
        made.set_up_standby()
        made.mc_ctl(B, "start", "-w", "-f")
        wait_until(lambda: made.status(A) == "switchable", "switchable", 60)
        yield made


def test_a_controller_that_leaves_is_not_taken_over(pair: PairPlace) -> None:
    pair.mc_ctl(A, "stop", "--mc-only")
    time.sleep(3 * LIMIT)

    told = pair.mc_ctl(B, "status", check=False).stdout
    assert "standby" in next(line for line in told.splitlines() if line.startswith(B))
    pair.mc_ctl(A, "start", "-w", "-f")
    wait_until(lambda: pair.status(A) == "switchable", "switchable again", 60)
