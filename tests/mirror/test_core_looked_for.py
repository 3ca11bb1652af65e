"""Which looks cannot wait: while a pair forms, and for the last of a primary's WAL."""

from __future__ import annotations

import pytest

from pgx_mirror.core.deciding.wake import is_looked_for
from pgx_mirror.core.facts import ARBITRATION, Facts, Terms
from pgx_mirror.core.mark import OUT, SYNC, Mark
from pgx_mirror.core.report import DOWN, STOPPING, UP, Report
from pgx_mirror.core.seen import Receiver, Seen

STREAMS = Seen(system="7", recovery=True, receiver=Receiver(1, "", -1, "streaming", 1))
CUT = Seen(system="7", recovery=True)


def standby(seen: Seen | None, server: str, state: str = SYNC) -> Facts:
    """A standby that has heard of its primary's *server*."""
    return Facts(
        Terms("server2", "server1", ARBITRATION, "i"),
        mark=Mark("server2", "g", "7", 4, state, policy=ARBITRATION),
        peer=Report("server1", "b", server=server),
        seen=seen,
    )


@pytest.mark.parametrize(
    ("seen", "server", "wanted"),
    [
        (STREAMS, UP, False),
        (STREAMS, STOPPING, True),
        (STREAMS, DOWN, True),
        (CUT, DOWN, False),
        (None, DOWN, False),
    ],
)
def test_the_last_of_the_wal_is_looked_for_while_it_may_come(
    seen: Seen | None, server: str, wanted: bool
) -> None:
    assert is_looked_for(standby(seen, server)) is wanted


def test_a_standby_that_may_not_be_given_the_pen_takes_its_time() -> None:
    assert not is_looked_for(standby(STREAMS, STOPPING, OUT))
