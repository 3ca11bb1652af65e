"""What mc_ctl status may be told besides the manual's table: silence, lag, the arbiter.  Pure."""

from __future__ import annotations

from pgx_mirror.conf.network import Member
from pgx_mirror.core.facts import ARBITRATION, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from pgx_mirror.core.report import Report
from pgx_mirror.core.seen import Seen, Sender
from pgx_mirror.core.status.more import ETCD, Arbiter, Lag, More

Members = tuple[tuple[str, bool], ...]


def of(facts: Facts, arbiter: Member | None, now: float, members: Members = ()) -> More:
    """Return what *facts* say at *now*; *arbiter* is network.conf's line, None without one.

    *members*: of etcd, where that is the register.
    """
    heard = None if facts.peer is None else max(0.0, now - facts.heard_at)
    return More(heard, lag(facts, now), _arbiter(facts, arbiter, now, members))


def lag(facts: Facts, now: float) -> Lag | None:
    """Return how far the standby is behind, None where no look of late has shown it.

    A look that is old would tell a lag of long ago as if it were today's.
    """
    seen = facts.seen
    if seen is None or now >= facts.seen_at + facts.terms.limit:
        return None
    peer = facts.peer if basics.is_heard(facts, now) else None
    if facts.standby:
        return _of_standby(facts.terms.me, seen, peer)
    return _of_primary(facts, seen, peer) if basics.is_in(facts, PAIR, ALONE) else None


def _of_standby(me: str, seen: Seen, primary: Report | None) -> Lag | None:
    """By the later word of the stream and of the primary's controller: either may be stuck."""
    told = seen.receiver.told if seen.receiver is not None else 0
    leads = primary is not None and not primary.standby
    end = max(told, primary.position if leads and primary is not None else 0)
    return _lag(me, end, seen.received, seen.replayed)


def _of_primary(facts: Facts, seen: Seen, standby: Report | None) -> Lag | None:
    """By what its stream has told, else by its controller, which tells no more than flushed."""
    server = facts.terms.other
    sender = _sender(seen, {facts.real_name, standby.bears if standby else ""})
    if sender is not None:
        return _lag(server, seen.flush, sender.flush, sender.replay)
    if standby is None or not standby.standby:
        return None
    return _lag(server, seen.flush, standby.position, 0)


def _sender(seen: Seen, names: set[str]) -> Sender | None:
    """Return the stream of the standby, which bears another name until it has joined."""
    wanted = {name.lower() for name in names if name}
    found = [one for one in seen.senders if one.name.lower() in wanted]
    return min(found, key=lambda one: one.furthest, default=None)


def _lag(server: str, end: int, flushed: int, replayed: int) -> Lag | None:
    """Return the distances to *end*, of positions that are 0 where they are not known.

    What is replayed is flushed: after a start the stream begins before what is replayed.
    """
    if not end or not (flushed or replayed):
        return None
    behind = max(0, end - max(flushed, replayed))
    return Lag(server, behind, max(0, end - replayed) if replayed else None)


def _arbiter(
    facts: Facts, line: Member | None, now: float, members: Members
) -> Arbiter | None:
    """Return what both servers know of it, None where nobody asks one."""
    if (line is None and not members) or facts.terms.policy != ARBITRATION:
        return None
    answers = [(facts.terms.me, bool(facts.register))]
    if facts.peer is not None and basics.is_heard(facts, now):
        answers.append((facts.terms.other, bool(facts.peer.register)))
    in_pair = basics.is_in(facts, PAIR, SYNC)  # others' marks mean no register
    name, host = (line.identifier, line.admin.host) if line else (ETCD, "")
    return Arbiter(
        name,
        host,
        facts.register,
        basics.mark(facts).register if in_pair else "",
        facts.cell if facts.register else None,
        tuple(answers),
        members,
    )
