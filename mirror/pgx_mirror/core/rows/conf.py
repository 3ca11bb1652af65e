"""What postgresql.conf and primary_conninfo are to hold."""

from __future__ import annotations

from pgx_mirror.core.effects import Bear, WriteNames
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics, names
from pgx_mirror.core.mark import ALONE, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.rows.row import Row

NAMES = (
    Row(
        "conf follows the mark",
        lambda f, _: f.mark is not None and f.names != names.wanted_names(f),
        lambda f, _: WriteNames(names.wanted_names(f)),
        "names are out for the holder of the pen alone, and barred while it arms",
    ),
)


JOINING = "_joining"


def _base(facts: Facts) -> str:
    return facts.bears.removesuffix(JOINING)


def wanted_name(facts: Facts) -> str:
    """Return the name that a standby is to bear: its own only for the pair that it is of."""
    base, theirs, peer = _base(facts), basics.peer_mark(facts), facts.peer
    if basics.is_in(facts, SYNC):
        return base
    if peer is None or theirs is None or not basics.is_in(facts, NEW, OUT):
        return base + JOINING
    mine = basics.mark(facts)
    asked = bool(peer.challenge) and peer.joining == mine.generation
    paired = theirs.state == PAIR and theirs.peer_generation == mine.generation
    return base if asked or (paired and theirs.epoch > mine.epoch) else base + JOINING


def has_other_name(facts: Facts) -> bool:
    """Whether a standby bears a name that is not the one it is to bear."""
    borne = facts.standby and bool(facts.bears)
    return borne and facts.bears != wanted_name(facts)


BORNE = (
    Row(
        "bears its name",
        lambda f, _: (
            f.mark is not None and not basics.is_in(f, ALONE) and has_other_name(f)
        ),
        lambda f, _: Bear(wanted_name(f)),
        "whoever bears the name confirms: a standby that is not in sync streams under another",
    ),
)
