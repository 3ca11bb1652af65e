"""Why a primary wants its epoch to end: its standby then promises not to take over in it."""

from __future__ import annotations

from pgx_mirror.core.facts import ARBITRATION, DETACH, Facts
from pgx_mirror.core.known import basics, poison, primary, versions
from pgx_mirror.core.known.standby import REGISTER_CHANGED
from pgx_mirror.core.mark import PAIR
from pgx_mirror.core.report import UP

# What a primary has found out itself: it counts whether automatics are on or off.
HAND_EDITED = "synchronous_standby_names was changed by hand"
POISONED = poison.POISONED
STRANGER = "another client bears the standby's name"
UNPROVEN = "commits did not wait while the pair was formed"
UNKNOWN_PAIR = "the register knows a pair that this server's mark has forgotten"

OTHER_STANDBY = "another standby is in its place"
OTHER_POLICY = "heartbeat_error_action was changed on both servers"
NO_SENDER = "no WAL sender for the standby"


def why_end(facts: Facts, now: float) -> str:
    """Return why a primary wants the epoch to end, empty if it does not."""
    if not basics.is_in(facts, PAIR) or facts.standby:
        return ""
    if facts.wish == DETACH or facts.ending:
        return facts.ending or DETACH
    if primary.other_generation(facts, now):
        return OTHER_STANDBY
    if why := _terms_changed(facts):
        return why
    if facts.seen is not None and (old := versions.too_old(facts.seen.version)):
        return old
    return _error_of_standby(facts, now) if facts.failover else ""


def _terms_changed(facts: Facts) -> str:
    """Return which of the epoch's terms is another now: it takes effect with the next one."""
    mine, peer = basics.mark(facts), facts.peer
    policy = basics.policy(facts)
    if policy == ARBITRATION and facts.register not in ("", mine.register):
        return REGISTER_CHANGED
    agreed = peer is not None and peer.policy == facts.terms.policy
    return OTHER_POLICY if policy != facts.terms.policy and agreed else ""


def _error_of_standby(facts: Facts, now: float) -> str:
    """Return what the standby says is wrong with it, or that it streams no more."""
    peer = facts.peer
    if peer is None or not basics.is_heard(facts, now) or facts.fault or facts.disk:
        return ""
    if not basics.is_fit(peer):
        return peer.database if peer.database != "normal" else peer.disk
    lasts = now >= facts.sender_at + facts.terms.limit and facts.server == UP
    # Where no login is let in nothing is seen: the standby's own word is left.
    gone = facts.seen_at > facts.sender_at or peer.receiver is None
    return NO_SENDER if lasts and gone else ""
