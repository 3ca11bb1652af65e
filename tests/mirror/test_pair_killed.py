"""A controller killed behind a durable call, and the next start puts it right.

The steps at which something else is left for each side; all others: `make pair-long`.
"""

from __future__ import annotations

import pytest

from tests.mirror.striking import (
    ALL,
    BOTH,
    CRASH,
    DETACH,
    JOIN,
    PRIMARY,
    SERVER,
    STANDBY,
    SWITCH,
    Strike,
    Striking,
)
from tests.mirror.whole import Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.root]

STRIKES = (
    Strike(JOIN, PRIMARY, 5, BOTH),  # PAIR is written, and nobody knows it
    Strike(DETACH, PRIMARY, 5, ALL),  # names are out, and the server has not read that
    Strike(SWITCH, PRIMARY, 3, ALL),  # GIVEN is durable, and not told
    Strike(CRASH, STANDBY, 3, SERVER),  # ALONE is durable, and it is not promoted
)


@pytest.mark.parametrize("strike", STRIKES, ids=str)
def test_what_was_killed_is_put_right_by_the_next_start(
    mirrored: Whole, strike: Strike
) -> None:
    at = Striking(mirrored, strike).run()

    assert at, "it has fewer calls"
    mirrored.settles()
