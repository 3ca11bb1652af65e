"""Whether an idle stream says something before silence counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known.idle import why_mute
from pgx_mirror.core.seen import Pauses
from tests.mirror.test_core_wishes import formed

# PostgreSQL keeps them in whole milliseconds.
SECONDS = st.integers(0, 100_000).map(lambda milliseconds: milliseconds / 1000)


def of(pauses: Pauses | None) -> Facts:
    primary, _, _ = formed()
    assert primary.seen is not None
    return primary.but(seen=replace(primary.seen, pauses=pauses))


@pytest.mark.parametrize(
    ("pauses", "says"),
    [
        (Pauses(4.0, 5.4, 1.0), ()),  # what docs/pair_administrators.md has
        (Pauses(60.0, 60.0, 10.0), ("wal_receiver_timeout", "wal_sender_timeout")),
        (Pauses(0.0, 5.4, 1.0), ("wal_receiver_timeout is 0 s",)),
        (Pauses(4.0, 60.0, 0.0), ("wal_receiver_status_interval is 0 s",)),
        (Pauses(4.0, 5.4, 0.0), ()),  # the primary asks, and is answered
        (Pauses(4.0, 0.0, 1.0), ()),  # the standby reports of itself
        (None, ()),
    ],
)
def test_what_is_too_long(pauses: Pauses | None, says: tuple[str, ...]) -> None:
    found = why_mute(of(pauses))

    assert bool(found) == bool(says)
    assert all(text in found for text in says)


@given(SECONDS, SECONDS, SECONDS)
def test_what_is_well_stays_well_when_it_becomes_shorter(
    receiver: float, sender: float, status: float
) -> None:
    if why_mute(of(Pauses(receiver, sender, status))) == "":
        less = Pauses(receiver / 2, sender / 2, status / 2)
        assert why_mute(of(less)) == ""


def test_of_what_was_not_seen_nothing_is_said() -> None:
    primary, _, _ = formed()

    assert why_mute(primary.but(seen=None)) == ""
