"""When a step may find something new by the time alone."""

from __future__ import annotations

from pgx_mirror.core.facts import Facts

_AT_LEAST = 0.5  # seconds: some conditions are no single instants


def wake(facts: Facts, now: float) -> float:
    """Return when the next Tick is wanted, a monotonic time after *now*."""
    limit = facts.terms.limit
    times = [
        max(facts.heard_at, facts.stream_at) + limit,
        facts.heard_at + limit,
        facts.sender_at + limit,
        facts.not_before,
        facts.retry_at,
        facts.ask_at,
        facts.since + limit,
    ]
    return min([at for at in times if at > now], default=now + _AT_LEAST)
