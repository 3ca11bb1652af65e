"""The table of design: what pgx_check answers, row by row."""

from __future__ import annotations

import pytest

from pgx_pclrsc.core import verdict
from pgx_pclrsc.core.verdict import FAULTED, OFFLINE, ONLINE


@pytest.mark.parametrize(
    ("state", "want"),
    [
        ("online", ONLINE),
        ("faulted", FAULTED),
        ("starting", OFFLINE),
        ("none", OFFLINE),
    ],
)
def test_a_running_offline_answers_what_it_found(state: str, want: int) -> None:
    assert verdict.while_offline_runs(state) == (want, False)


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("watched", [True, False])
def test_faulted_is_faulted_whoever_holds_the_lock(alive: bool, watched: bool) -> None:
    assert verdict.from_record("faulted", alive=alive, watched=watched) == (
        FAULTED,
        False,
    )


@pytest.mark.parametrize(
    ("alive", "watched", "want"),
    [
        (True, True, (ONLINE, False)),
        (True, False, (ONLINE, True)),
        (False, True, (FAULTED, False)),
        (False, False, (FAULTED, False)),
    ],
)
def test_online_needs_the_records_postmaster_and_a_monitor_only_if_it_lives(
    alive: bool, watched: bool, want: verdict.Answer
) -> None:
    assert verdict.from_record("online", alive=alive, watched=watched) == want


@pytest.mark.parametrize(
    ("here", "want"), [(True, (OFFLINE, True)), (False, (OFFLINE, False))]
)
def test_without_a_record_it_is_offline_and_what_is_found_gets_a_monitor(
    here: bool, want: verdict.Answer
) -> None:
    assert verdict.without_record(here) == want


@pytest.mark.parametrize(
    ("alive", "want"), [(True, (ONLINE, True)), (False, (OFFLINE, False))]
)
def test_an_unreadable_record_is_never_a_fault(
    alive: bool, want: verdict.Answer
) -> None:
    assert verdict.unreadable(alive) == want
