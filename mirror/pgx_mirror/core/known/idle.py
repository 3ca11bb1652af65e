"""Whether an idle stream is a sign of life: it brings something before silence counts.  Pure.

A standby asks for a word after half of wal_receiver_timeout.  A primary asks after half of
wal_sender_timeout, and hears a report each wal_receiver_status_interval.
"""

from __future__ import annotations

import math

from pgx_mirror.core.facts import Facts
from pgx_mirror.core.seen import Pauses


def why_mute(facts: Facts) -> str:
    """Return what of this server's settings leaves an idle stream mute for too long.

    Either server may be the primary, so all of them count; empty where all is well, or
    nothing was seen.
    """
    pauses = None if facts.seen is None else facts.seen.pauses
    if pauses is None:
        return ""
    # It is looked at each heartbeat_interval.
    limit = facts.terms.limit - facts.terms.interval
    return "; ".join(text for text, seconds in _mute(pauses) if seconds > limit)


def _mute(pauses: Pauses) -> tuple[tuple[str, float], tuple[str, float]]:
    """Return what is to be said of either direction, and for how many seconds it is mute."""
    by_primary = pauses.receiver / 2 or math.inf
    by_standby = min(pauses.status or math.inf, pauses.sender / 2 or math.inf)
    return (
        (f"wal_receiver_timeout is {pauses.receiver:g} s", by_primary),
        (
            f"wal_receiver_status_interval is {pauses.status:g} s, and "
            f"wal_sender_timeout {pauses.sender:g} s",
            by_standby,
        ),
    )
