"""How often a server is looked at: a primary learns by looks when its standby fell silent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.controller.jobs.looker import Pace, pause

paces = st.builds(Pace, st.booleans(), st.booleans(), st.booleans(), st.booleans())


@given(paces, st.floats(0.1, 3600))
def test_no_look_comes_later_than_the_interval_or_too_late_for_a_pair(
    pace: Pace, interval: float
) -> None:
    """Silence counts at most 0.5 s late, a look and its answer included."""
    assert 0 < pause(pace, interval) <= interval
    assert not pace.probe or pause(pace, interval) <= 0.4
