"""When a step may find something new by the time alone, and which looks cannot wait."""

from __future__ import annotations

import math

from pgx_mirror.core.deciding.plan import ends_at
from pgx_mirror.core.facts import ASKING, RELEASING, Facts
from pgx_mirror.core.known import fencing, names, times
from pgx_mirror.core.mark import SYNC
from pgx_mirror.core.report import DOWN, STOPPING, Report


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
        facts.ending_at + limit,
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
        facts.command_at,
        fencing.fences_at(facts),
    ]
    if facts.given_at is not None:
        found.append(facts.given_at + limit)
    if facts.arming is not None:
        found.append(ends_at(facts, facts.arming))
    return found


def is_looked_for(facts: Facts) -> bool:
    """Whether the next look at the server is waited for, so that it should come at once."""
    if facts.arming is not None and facts.arming.stage in (ASKING, RELEASING):
        return True
    if names.is_to_be_freed(facts):
        return True
    peer, mine = facts.peer, facts.mark
    if peer is None or mine is None:
        return False
    asked = bool(peer.challenge) and peer.joining == mine.generation
    return asked or (mine.state == SYNC and _last_wal_comes(facts, peer))


def _last_wal_comes(facts: Facts, peer: Report) -> bool:
    """Whether the primary ends, or has ended: it gives the pen to who has the last of its WAL.

    Without a receiver no more can come.
    """
    seen = facts.seen
    streams = seen is not None and seen.receiver is not None
    return peer.server == STOPPING or (peer.server == DOWN and streams)
