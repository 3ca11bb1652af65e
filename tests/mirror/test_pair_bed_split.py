"""heartbeat_error_action = fallback on the bed: a cut network makes two primaries.

It is the manual's own version, and what the other policies are for: make pair-long.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.binaries import Binaries
from fixtures.pair_bed.bed import why_not
from fixtures.pair_bed.networks import ADMIN, LOG
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE
from tests.mirror.bed_stories import OnBed, on_bed
from tests.mirror.pair_told import until_told
from tests.mirror.whole import PATIENCE

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


@pytest.fixture
def falling_back(postgresql: Binaries) -> Iterator[OnBed]:
    with on_bed(postgresql, "fallback") as made:
        yield made


def test_both_accept_commits_alone_and_an_operator_has_to_choose(
    falling_back: OnBed,
) -> None:
    pair = falling_back
    first, other = pair.primary(), pair.standby()
    pair.client.stop()  # what it was told is on one of two servers from now on
    for network in (ADMIN, LOG):
        pair.bed.cut(network, first)
    for name in (first, other):
        wait_until(lambda: pair.mark(name).state == ALONE, "alone", PATIENCE)  # noqa: B023
        wait_until(lambda: not pair.is_standby(name), "promoted", PATIENCE)  # noqa: B023
        assert pair.asks(name, "insert into ledger values (-1) returning n") == "-1"

    for network in (ADMIN, LOG):
        pair.bed.join(network, first)
    for name in (first, other):
        until_told(pair, name, "both servers have gone on alone")
        assert pair.mark(name).state == ALONE
        assert "have both gone on alone" in pair.trace(name)
