"""When a step may find something new by the time alone."""

from __future__ import annotations

import math

from pgx_mirror.core.deciding.plan import ends_at
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import times


def wake(facts: Facts, now: float) -> float:
    """Return when the next Tick is wanted, a monotonic time after *now*; infinity for never.

    Until then a Tick changes nothing: neither what is done, nor what is said.
    """
    return min((at for at in _instants(facts) if at > now), default=math.inf)


def _instants(facts: Facts) -> list[float]:
    limit = facts.terms.limit
    found = [
        max(facts.heard_at, facts.stream_at) + limit,
        facts.heard_at + limit,
        facts.sender_at + limit,
        facts.marking_at + limit,
        facts.down_at + limit,
        facts.down_at + times.HANDED_OVER_WITHIN,
        facts.up_at + limit,
        facts.began + times.ASKS_FOR,
        facts.since + limit,
        facts.since + times.LETS_GO_WITHIN,
        facts.since + facts.terms.patience,
        facts.not_before,
        facts.retry_at,
        facts.conf_retry_at,
        facts.server_retry_at,
        facts.bears_retry_at,
        facts.ask_at,
    ]
    if facts.given_at is not None:
        found.append(facts.given_at + limit)
    if facts.arming is not None:
        found.append(ends_at(facts, facts.arming))
    return found
