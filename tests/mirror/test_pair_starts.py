"""Both servers down, and started in either order, one alone, one never: the marks decide."""

from __future__ import annotations

import pytest

from fixtures.pair.place import OTHER
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def power_off(pair: Whole) -> tuple[str, str]:
    """SIGKILL for all of both servers; return who was primary, and who standby."""
    first, other = pair.primary(), pair.standby()
    pair.power_off(first, other)
    assert (pair.mark(first).state, pair.mark(other).state) == (PAIR, SYNC)
    return first, other


def test_stopped_in_order_and_started_standby_first(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    mirrored.mc_ctl(other, "stop")
    mirrored.mc_ctl(first, "stop")

    refused = mirrored.start(other)
    assert refused.returncode == 1
    assert "the primary's controller does not answer" in refused.stderr
    assert "Start Mirroring Controller on the primary first." in refused.stderr
    assert "mc_ctl status there says what keeps both apart" in refused.stderr
    assert mirrored.start(first).returncode == 0
    assert mirrored.start(other).returncode == 0

    mirrored.settles()
    assert mirrored.primary() == first


def test_a_primary_that_was_stopped_with_automatics_off_enables_them_by_a_word_alone(
    mirrored: Whole,
) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    mirrored.mc_ctl(first, "disable-failover")
    mirrored.mc_ctl(first, "stop")
    assert mirrored.start(first).returncode == 0

    wait_until(lambda: "failover-disabled" in mirrored.told(first), "it is", PATIENCE)
    mirrored.mc_ctl(first, "enable-failover")
    wait_until(
        lambda: "failover-disabled" not in mirrored.told(other), "nor there", PATIENCE
    )
    mirrored.settles()
    assert mirrored.primary() == first


def test_power_lost_and_both_started_standby_first(mirrored: Whole) -> None:
    first, other = power_off(mirrored)

    refused = mirrored.start(other)
    assert refused.returncode == 1
    assert "mc_ctl switch" in refused.stderr, refused.stderr
    assert mirrored.start(first).returncode == 0
    assert mirrored.start(other).returncode == 0

    mirrored.settles()
    assert mirrored.primary() == first


def test_power_lost_and_the_primary_alone_comes_back(mirrored: Whole) -> None:
    first, other = power_off(mirrored)

    assert mirrored.start(first).returncode == 0
    wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
    mirrored.commits()
    mirrored.witness()
    assert mirrored.start(other).returncode == 0

    mirrored.settles()
    assert mirrored.primary() == first


def test_power_lost_and_the_standby_alone_comes_back(mirrored: Whole) -> None:
    first, other = power_off(mirrored)

    mirrored.mc_ctl(other, "start", "--mc-only", "-f")
    wait_until(
        lambda: mirrored.mc_ctl(other, "switch", check=False).returncode == 0,
        "mc_ctl switch",
        PATIENCE,
    )
    mirrored.commits()
    mirrored.witness()
    assert mirrored.primary() == other
    assert mirrored.start(first).returncode == 1
    assert mirrored.mark(first).state == GIVEN
    assert OTHER[other] == first
    mirrored.rebuild(first)
