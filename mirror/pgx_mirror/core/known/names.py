"""What postgresql.conf is to hold."""

from __future__ import annotations

from pgx_mirror.core.facts import ASKING, BARRIER, PROVING_ON, RELEASING, Facts
from pgx_mirror.core.known import basics, standby
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_OUT, NAMES_SET
from pgx_mirror.core.seen import Seen


def wanted_names(facts: Facts) -> str:
    """Return what postgresql.conf is to hold: the conf follows the mark, never the reverse."""

    if not basics.is_in(facts, ALONE):
        return NAMES_SET
    if facts.standby:
        return NAMES_SET if standby.gives_back(facts) else NAMES_OUT
    arming = facts.arming
    if arming is not None and arming.stage in (BARRIER, PROVING_ON, ASKING, RELEASING):
        return NAMES_BARRIER
    return NAMES_OUT


def are_set(seen: Seen, name: str) -> bool:
    """Whether a new session was shown that commits wait for *name*, by a file of ours."""
    shown = seen.names.strip().strip('"').lower() == name.lower()
    return shown and seen.source == "configuration file" and seen.wal_senders > 0
