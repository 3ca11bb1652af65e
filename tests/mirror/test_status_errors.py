"""mc_ctl status of servers in error: the reason, and what an operator has to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core.mark import OUT
from pgx_mirror.core.report import DOWN
from tests.mirror.test_status import ALONE_A, A, B, report, seen


@pytest.mark.parametrize("failover", [True, False])
def test_an_error_of_a_pair_is_a_reason_and_without_automatics_an_operators_business(
    failover: bool,
) -> None:
    dead = "abnormal(postmaster 7 has ended)"
    a, b = replace(A, failover=failover), replace(B, failover=failover)
    broken = replace(b, server=DOWN, database=dead)
    (reason,) = seen(a, broken).reasons
    assert reason.text == f'database of server "nd2": {dead}'
    assert ("mc_ctl detach" in reason.hint) is not failover
    (reason,) = seen(replace(a, server=DOWN, database=dead), b).reasons
    assert ("mc_ctl switch" in reason.hint) is not failover


def test_an_error_of_a_server_that_is_alone_is_a_reason() -> None:
    broken = replace(ALONE_A, server=DOWN, database="abnormal(postmaster 7 has ended)")
    reasons = seen(broken, report("nd2", OUT, 5)).reasons
    assert any('stop, then mc_ctl start on server "nd1"' in why.hint for why in reasons)


@pytest.mark.parametrize("wish", ["run", "stop"])
def test_a_standby_that_is_down_is_started_and_stopped_before_where_it_is_not_yet(
    wish: str,
) -> None:
    down = replace(report("nd2", OUT, 5, server=DOWN), wish=wish)
    (reason,) = seen(ALONE_A, down).reasons
    assert reason.text == 'standby "nd2" is disconnected'
    assert ("mc_ctl stop" in reason.hint) is (wish == "run")
    assert 'mc_ctl start on server "nd2"' in reason.hint


def test_a_standby_that_was_promoted_by_hand_has_to_be_made_anew() -> None:
    promoted = report("nd2", OUT, 5, standby=False, server=DOWN)
    (reason,) = seen(ALONE_A, promoted).reasons
    assert reason.text == 'standby "nd2" was promoted by hand'
    assert "mc_ctl setup" in reason.hint


@pytest.mark.parametrize(
    ("receiver", "text", "hint"),
    [
        (None, "does not stream from its primary", "log of its database server"),
        (("192.0.2.2", 40000), "is not in sync", "joined as soon as can be"),
    ],
)
def test_a_standby_that_streams_nothing_is_told_from_one_that_is_not_joined_yet(
    receiver: tuple[str, int] | None, text: str, hint: str
) -> None:
    out = replace(report("nd2", OUT, 5), receiver=receiver)
    (reason,) = seen(ALONE_A, out).reasons
    assert reason.text == f'standby "nd2" {text}'
    assert hint in reason.hint
