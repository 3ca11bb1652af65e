"""mc_ctl status of a pair one of whose controllers is silent: what follows, and the way out."""

from __future__ import annotations

from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.view import Silence
from tests.mirror.test_status import PLACES, A, B


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
