"""mc_ctl status of a pair one of whose controllers is silent: what follows, and the way out."""

from __future__ import annotations

import pytest

from pgx_mirror.core.mark import GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, Report
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.view import Silence
from tests.mirror.test_status import ALONE_A, PLACES, TOOK, A, B, report, seen


def test_that_commits_wait_is_said() -> None:
    for waits, more in ((False, ""), (True, ", and commits wait for it")):
        found = status_of(
            A, B, silent=True, places=PLACES, silence=Silence(waits=waits)
        )
        (reason,) = found.reasons
        assert reason.text == f'server "nd2" is silent{more}'


def test_nobody_is_sent_to_start_a_controller_that_was_refused() -> None:
    """It runs: by the same file secret both would hear each other."""
    away = Silence(refused="its file secret is another")
    found = status_of(A, B, silent=True, places=PLACES, silence=away)

    assert found.reasons[0].hint.startswith("If it runs, its file secret is another")


GIVEN_A = report("nd1", GIVEN, 5, server=DOWN)


@pytest.mark.parametrize(
    "last",
    [GIVEN_A, None, report("nd1", PAIR)],
    ids=["given", "none", "as in the pair"],
)
def test_that_a_silent_server_is_deposed_is_remembered(last: Report | None) -> None:
    """By what it said last, and by our own mark, when our controller began after that.

    A start there would be refused.
    """
    found = seen(TOOK, last, silent=True)
    silent, deposed = found.reasons

    assert found.rows[0].host_role == "none(inactivated primary)"
    assert silent.text == 'server "nd1" is silent'
    assert deposed.text.startswith('server "nd1" is deposed')
    assert deposed.hint.index("mc_ctl setup") < deposed.hint.index("mc_ctl start")
    assert ("unless that is done" in deposed.hint) == (last is None)
    assert "Start" not in silent.hint


@pytest.mark.parametrize("state", [NEW, OUT, SYNC])
def test_one_that_was_set_up_since_is_to_be_started(state: str) -> None:
    (reason,) = seen(TOOK, report("nd1", state, 5), silent=True).reasons

    assert reason.hint == 'Start Mirroring Controller on server "nd1".'


@pytest.mark.parametrize("mine", [B, report("nd2", OUT), ALONE_A])
def test_nobody_is_deposed_who_may_have_the_pen(mine: Report) -> None:
    last = GIVEN_A if mine.standby else None
    reasons = seen(mine, last, silent=True).reasons

    assert not [why for why in reasons if "deposed" in why.text]
