"""Arming: whether the standby may be joined, has answered, and stands alone under its name."""

from __future__ import annotations

from pgx_mirror.core import cell as cells
from pgx_mirror.core import standby_name
from pgx_mirror.core.facts import (
    ARBITRATION,
    ASKING,
    DETACH,
    LEAVE,
    STOP,
    STOP_ALL,
    SWITCH,
    Facts,
)
from pgx_mirror.core.known import basics, bearing, versions
from pgx_mirror.core.mark import ALONE, NEW, OUT, SYNC, Mark
from pgx_mirror.core.report import UP, Report
from pgx_mirror.core.seen import Seen, Sender

AUTO_CONF = "postgresql.auto.conf"
COMMAND_LINE = "command line"  # pg_settings.source; no reload changes what it says


def can_join(facts: Facts, now: float) -> bool:
    """Whether a primary that is alone may begin to arm for the standby that it hears.

    It streams, and nobody bears the real name: whoever does is another client, or a
    walsender that has not read the present names.
    """
    seen, peer = facts.seen, facts.peer
    if seen is None or peer is None or now < facts.not_before:
        return False
    streams = any(is_receiver(row, peer) for row in seen.senders)
    return streams and is_clear(seen, facts.real_name) and may_go_on(facts, now)


def may_go_on(facts: Facts, now: float) -> bool:
    """Whether an arming for the standby that is heard may go on."""
    peer, theirs, seen = facts.peer, basics.peer_mark(facts), facts.seen
    return (
        basics.is_in(facts, ALONE)
        and not facts.standby
        and facts.server == UP
        and not (facts.fault or facts.disk or facts.unsure or hindrance(facts))
        and facts.wish not in (STOP, STOP_ALL, SWITCH, DETACH, LEAVE)
        and peer is not None
        and theirs is not None
        and seen is not None
        and basics.is_heard(facts, now)
        and basics.is_fit(peer)
        and not why_not(facts, peer, theirs)
    )


def hindrance(facts: Facts) -> str:
    """Return what of a primary's own keeps it from forming a pair, empty for nothing."""
    if facts.poisoned:
        return "a position beyond its own WAL was reported to it: restart it"
    if facts.conf_failed or facts.names_unsure:
        return (
            f"postgresql.conf: {facts.conf_failed or 'it is not known to be written'}"
        )
    if wrong := standby_name.fault(facts.real_name):
        return f"synchronous_standby_names is not one name: {wrong}"
    seen = facts.seen
    if seen is None:
        return ""
    if seen.file_errors:
        return f"nothing is read of postgresql.conf: {seen.file_errors[0]}"
    if seen.file.endswith(AUTO_CONF):
        return f"synchronous_standby_names is set in {AUTO_CONF}"
    if seen.source == COMMAND_LINE:
        return "synchronous_standby_names is given on its server's command line"
    if not seen.superuser:
        return "its user is no superuser"
    return versions.too_old(seen.version)


def why_not(facts: Facts, peer: Report, theirs: Mark) -> str:
    """Return what of the standby, or between both, keeps it from being joined."""
    mine = basics.mark(facts)
    if not peer.standby or peer.server != UP or theirs.state not in (NEW, OUT, SYNC):
        return "it is no standby that runs"
    if theirs.state == SYNC and theirs.epoch > mine.epoch:
        return "it is in sync with a later primary"
    if theirs.system != mine.system:
        return "it is of another database"
    if peer.stays_out or (facts.detached and facts.detached == peer.incarnation):
        return "it was disconnected by hand"
    if peer.wish in basics.LEAVING:
        return "it leaves"
    if peer.unable:
        return f"it could not be promoted: {peer.unable[0]}"
    if not bearing.is_expected(peer, facts.real_name):
        return f'it bears the name "{peer.bears}", not "{facts.real_name}"'
    if peer.policy != facts.terms.policy:
        return "its heartbeat_error_action is another"
    if facts.terms.policy == ARBITRATION and not _same_register(facts, peer):
        return "both do not reach one register that has this primary's epoch"
    return ""


def _same_register(facts: Facts, peer: Report) -> bool:
    mine = basics.mark(facts)
    has_epoch = facts.cell == cells.Cell(mine.epoch, cells.ALONE, mine.owner)
    return bool(facts.register) and facts.register == peer.register and has_epoch


def is_asking(facts: Facts) -> bool:
    """Whether the standby is asked to take its name, and what it has."""
    arming = facts.arming
    return arming is not None and arming.stage == ASKING and arming.clear


def is_answered(facts: Facts) -> bool:
    """Whether the standby has answered this arming's challenge with all that it needs."""
    arming, peer, seen = facts.arming, facts.peer, facts.seen
    if arming is None or not is_asking(facts) or peer is None or seen is None:
        return False
    have = peer.have
    return (
        have is not None
        and have.challenge == arming.challenge
        and have.generation == arming.generation
        and have.timeline == seen.timeline
        and have.flushed >= arming.barrier
        and not peer.unable
    )


def is_joined(facts: Facts) -> bool:
    """Whether PAIR may be marked: the answer, and then a look that shows the standby alone.

    One sender of that name, the standby's own, no position beyond our own WAL, and the
    commit of the proof that waits still: nothing has released it in between.
    """
    arming, seen, peer = facts.arming, facts.seen, facts.peer
    if arming is None or seen is None or peer is None or facts.poisoned:
        return False
    if not arming.looked or not is_answered(facts):
        return False
    rows = named(seen, facts.real_name)
    return len(rows) == 1 and is_receiver(rows[0], peer) and seen.proof_waits


def named(seen: Seen, name: str) -> list[Sender]:
    """Return the senders that bear *name*, which PostgreSQL compares without case."""
    return [row for row in seen.senders if row.name.lower() == name.lower()]


def is_clear(seen: Seen, name: str) -> bool:
    """Whether nobody bears *name*."""
    return not named(seen, name)


def is_receiver(row: Sender, peer: Report) -> bool:
    """Whether *row* is the connection that the standby's controller says is its own."""
    return peer.receiver == (row.address, row.port) and row.state == "streaming"
