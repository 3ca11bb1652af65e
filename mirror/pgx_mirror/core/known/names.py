"""What postgresql.conf is to hold."""

from __future__ import annotations

from pgx_mirror.core import commands, standby_name
from pgx_mirror.core.facts import (
    ASKING,
    BARRIER,
    DETACH,
    PROVING_ON,
    RELEASING,
    SWITCH,
    Facts,
)
from pgx_mirror.core.known import basics, giving_back
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import DOWN, NAMES_BARRIER, NAMES_OUT, NAMES_SET
from pgx_mirror.core.seen import Seen


def wanted_names(facts: Facts, now: float) -> str:
    """Return what postgresql.conf is to hold: the conf follows the mark, never the reverse."""
    if not basics.is_in(facts, ALONE):
        return NAMES_SET
    if facts.standby:
        return NAMES_SET if giving_back.gives_back(facts, now) else NAMES_OUT
    arming = facts.arming
    if arming is not None and arming.stage in (BARRIER, PROVING_ON, ASKING, RELEASING):
        return NAMES_BARRIER
    return NAMES_OUT


def are(facts: Facts, names: str) -> bool:
    """Whether postgresql.conf is known to hold *names*."""
    return facts.names == names and not facts.names_unsure


def is_to_be_freed(facts: Facts) -> bool:
    """Whether an operator, or a program, waits for a primary's commits to pass, which waited."""
    alone = basics.is_in(facts, ALONE) and not facts.standby
    waits = facts.wish in (DETACH, SWITCH) or commands.POST_SWITCH in facts.due
    return waits and alone and not _are_free(facts)


def _are_free(facts: Facts) -> bool:
    """Whether commits pass, or there are none: what a server goes by is no SHOW (facts 1)."""
    return are(facts, NAMES_OUT) and (facts.freed or facts.server == DOWN)


def are_set(seen: Seen, name: str) -> bool:
    """Whether commits wait for *name* by what a session was shown: for that one alone.

    What the command line has said no reload changes.
    """
    try:
        shown = standby_name.one_name(seen.names)
    except standby_name.NotOneName:
        return False
    from_file = seen.source == "configuration file"
    return standby_name.same(shown, name) and from_file and seen.wal_senders > 0
