"""What works on a server is killed behind each durable call, and the next start puts it right.

No acknowledged row is lost, there are never two holders, and the pair forms again.  Some of
these are in test_pair_bad_times, for `make test`.
"""

from __future__ import annotations

import pytest

from tests.mirror.striking import (
    CRASH,
    DEPOSED,
    DETACH,
    FREEZE,
    JOIN,
    PRIMARY,
    SETUP,
    STANDBY,
    START,
    SWITCH,
    WHOM,
    Strike,
    Striking,
)
from tests.mirror.whole import Whole

pytestmark = [
    pytest.mark.one_postgres,
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.timeout(3600),
]

DONE = (
    (JOIN, PRIMARY),
    (JOIN, STANDBY),
    (DETACH, PRIMARY),
    (DETACH, STANDBY),
    (SWITCH, PRIMARY),
    (SWITCH, STANDBY),
    (CRASH, PRIMARY),
    (CRASH, STANDBY),
    (FREEZE, STANDBY),
    (DEPOSED, PRIMARY),
    (START, PRIMARY),
    (START, STANDBY),
    (SETUP, STANDBY),
)
MOST = 40  # durable calls of one side


@pytest.mark.parametrize(("what", "side"), DONE)
def test_killed_behind_each_durable_call(mirrored: Whole, what: str, side: str) -> None:
    for number in range(1, MOST):
        whom = WHOM[number % len(WHOM)]
        strike = Strike(what, side, number, whom)
        at = Striking(mirrored, strike).run()
        print(f"{strike}: {at or 'it has fewer calls'}", flush=True)
        mirrored.settles()
        if not at:
            break
    assert 1 < number < MOST - 1, number
