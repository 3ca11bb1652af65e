"""An arming that is given up."""

from __future__ import annotations

from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known.times import FIRST_PAUSE, LONGEST_PAUSE


def given_up(facts: Facts, now: float) -> Facts:
    """Return *facts* without their arming; the next one comes the later, the more failed."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(facts.tried, 10))
    return facts.but(arming=None, tried=facts.tried + 1, not_before=now + pause)
