"""The name that a standby bears towards its primary: whoever bears it, confirms."""

from __future__ import annotations

from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import GIVEN, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, Report
from pgx_mirror.core.standby_name import JOINING


def wanted_name(facts: Facts) -> str:
    """Return the name that a standby is to bear: its own only for the pair that it is of.

    One in sync that has not heard its primary yet leaves a stream as it is; a server that is
    started without that word comes under the joining name.
    """
    own, peer, theirs = _own(facts), facts.peer, basics.peer_mark(facts)
    if peer is None or theirs is None:
        keeps = basics.is_in(facts, SYNC) and facts.server != DOWN
        return facts.bears if keeps else own + JOINING
    mine = basics.mark(facts)
    return own if _counts(mine, theirs) or _is_asked(mine, peer) else own + JOINING


def _counts(mine: Mark, theirs: Mark) -> bool:
    """Whether the primary's commits wait for this very directory, in an epoch not renounced."""
    if theirs.peer_generation != mine.generation or theirs.state not in (PAIR, GIVEN):
        return False
    pair = basics.pair_epoch(theirs)
    return pair >= mine.epoch if mine.state == SYNC else pair > mine.epoch


def _is_asked(mine: Mark, peer: Report) -> bool:
    """Whether the primary arms for us and asks us to take the name."""
    return bool(peer.challenge) and peer.joining == mine.generation


def has_other_name(facts: Facts) -> bool:
    """Whether a standby bears a name that is not the one it is to bear."""
    if not facts.standby or not facts.bears or not basics.is_in(facts, NEW, OUT, SYNC):
        return False
    return facts.bears != wanted_name(facts)


def is_expected(standby: Report, name: str) -> bool:
    """Whether *standby* would bear *name*, for which the primary's commits are to wait."""
    return standby.bears.removesuffix(JOINING).lower() == name.lower()


def _own(facts: Facts) -> str:
    return facts.bears.removesuffix(JOINING)
