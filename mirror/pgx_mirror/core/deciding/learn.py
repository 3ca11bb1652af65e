"""What the facts are after an event.  Nothing is decided here."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.events import (
    Answered,
    Bears,
    DiskIs,
    Enabled,
    Event,
    Freed,
    Heard,
    Judged,
    Looked,
    MarkFailed,
    NamesAre,
    NamesFailed,
    Promoted,
    ProofFailed,
    ProvedOff,
    ProvedOn,
    RegisterIs,
    ServerIs,
    Started,
    Stopped,
    Tick,
    Wished,
    Wrote,
)
from pgx_mirror.core.facts import (
    ASKING,
    BARRIER,
    BEARS,
    CONF,
    DETACH,
    MARK,
    PROOF,
    PROVING_OFF,
    PROVING_ON,
    REGISTER,
    RELEASING,
    RUN,
    SERVER,
    Facts,
)
from pgx_mirror.core.known import basics, joining, names, poison, standby
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, NAMES_BARRIER, NAMES_OUT, NAMES_SET, UP, Report
from pgx_mirror.core.seen import Seen

HAND_EDITED = "synchronous_standby_names was changed by hand"
POISONED = "commits return that the standby has not got: memory is to be made anew"
AFTER_A_PAIR = 5.0  # seconds before a standby that has just left is joined again
ASK_AGAIN = 0.1  # seconds until a register that has decided nothing is asked again
AGAIN = 1.0  # seconds until a file that could not be written is tried again


def learn(facts: Facts, event: Event, now: float) -> Facts:
    """Return *facts* after *event* at *now*."""
    match event:
        case Tick():
            return facts
        case Heard(report):
            return _heard(facts, report, now)
        case Looked(seen, began):
            return _looked(facts, seen, began, now)
        case Judged(fault):
            return facts.but(fault=fault)
        case DiskIs(fault):
            return facts.but(disk=fault)
        case ServerIs(server, standby):
            return _server(facts, server, now, standby=standby)
        case Wished(wish):
            return _wished(facts, wish, now)
        case Enabled(failover):
            return facts.but(failover=failover)
        case RegisterIs(identity, cell):
            return facts.but(register=identity, cell=cell if identity else None)
        case _:
            return _outcome(facts, event, now)


def _wished(facts: Facts, wish: str, now: float) -> Facts:
    after = facts.but(wish=wish, since=now)
    if wish == RUN:
        return after.but(start_failed="", stays_out=False)
    return after.but(stays_out=True) if wish == DETACH and facts.standby else after


def _outcome(facts: Facts, event: Event, now: float) -> Facts:
    """What was to be done has come to its end: its resource is free."""
    match event:
        case Wrote(mark):
            return _wrote(facts, mark, now)
        case MarkFailed(why, unsure):
            unsure = unsure or facts.unsure
            after = _free(facts, MARK, mark_failed=why, unsure=unsure)
            return after.but(failures=facts.failures + 1, retry_at=now + AGAIN)
        case NamesAre(names, real_name):
            return _names(facts, names, real_name, now)
        case NamesFailed(why):
            return _free(facts, CONF, conf_failed=why, retry_at=now + AGAIN)
        case Bears(name):
            return _free(facts, BEARS, bears=name or facts.bears)
        case Started(why):
            return _free(facts, SERVER, start_failed=why)
        case Stopped(_, at):
            return _free(facts, SERVER, stopped_at=at)
        case Promoted(why):
            return _free(facts, SERVER, promote_failed=why)
        case Answered(cell, again):
            ask_at = now + max(again, ASK_AGAIN)
            return _free(facts, REGISTER, cell=cell, ask_at=ask_at)
        case _:
            return _proof(facts, event)


def _names(facts: Facts, names: str, real_name: str, now: float) -> Facts:
    changes = {"names": names, "real_name": real_name, "conf_failed": ""}
    after = _free(facts, CONF, **changes, conf_at=now)
    return _stage(after, BARRIER, PROVING_ON) if names == NAMES_BARRIER else after


def _proof(facts: Facts, event: Event) -> Facts:
    match event:
        case ProvedOff():
            return _stage(_free(facts, PROOF), PROVING_OFF, BARRIER)
        case ProvedOn(barrier):
            return _stage(facts, PROVING_ON, ASKING, barrier=barrier)
        case ProofFailed() | Freed():
            # Freed before PAIR is durable it proves that commits do not wait.
            return _free(facts, PROOF, arming=None)
        case _:
            return facts


def _stage(facts: Facts, at: str, to: str, **changes: object) -> Facts:
    """Move an arming that is *at* a stage on *to* the next."""
    arming = facts.arming
    if arming is None or arming.stage != at:
        return facts
    return facts.but(arming=replace(arming, stage=to, **changes))  # type: ignore[arg-type]


def _heard(facts: Facts, report: Report, now: float) -> Facts:
    after = facts.but(peer=report, heard_at=now)
    if met(after):
        after = after.but(met=basics.mark(after).epoch)
    told = report.ending == DETACH and standby.why_out(after) == DETACH
    if told:
        after = after.but(stays_out=True)
    arming = after.arming
    if arming is not None and arming.answered is None and joining.is_answered(after):
        return after.but(arming=replace(arming, answered=now))
    return after


def met(facts: Facts) -> bool:
    """Whether the peer has heard this life of ours, and both are in the same epoch."""
    peer, mine, theirs = facts.peer, facts.mark, basics.peer_mark(facts)
    if peer is None or mine is None or theirs is None:
        return False
    if peer.heard != facts.terms.incarnation or mine.epoch != theirs.epoch:
        return False
    primary, standby = (mine, theirs) if mine.state == PAIR else (theirs, mine)
    both = (primary.state, standby.state) == (PAIR, SYNC)
    return both and primary.peer_generation == standby.generation


def _looked(facts: Facts, seen: Seen, began: float, now: float) -> Facts:
    after = facts.but(seen=seen, seen_at=now)
    if _came(facts, seen):
        after = after.but(stream_at=now)
    if poison.ahead(seen):
        after = after.but(poisoned=True)
    if basics.is_in(after, PAIR):
        after = _probed(after, facts.seen)
        return _looked_at_pair(after, seen, began, now)
    arming = after.arming
    if arming is not None and arming.answered is not None and began >= arming.answered:
        return after.but(arming=replace(arming, looked=True))
    return after


def _probed(facts: Facts, before: Seen | None) -> Facts:
    """What a probe commit that has returned tells, by the look before as well."""
    seen, name = facts.seen, facts.real_name
    assert seen is not None
    times = poison.unseen(before, seen, name, facts.unseen)
    found = times >= poison.TIMES or bool(poison.unconfirmed(before, seen, name))
    return facts.but(unseen=times, poisoned=facts.poisoned or found)


def _came(facts: Facts, seen: Seen) -> bool:
    """Whether the WAL stream has brought something since the last look."""
    before, peer = facts.seen, facts.peer
    if before is None:
        return False
    if seen.recovery:
        told = None if seen.receiver is None else seen.receiver.heard
        return told is not None and told != (before.receiver and before.receiver.heard)
    replies = {row.reply for row in before.senders}
    return any(
        row.reply not in replies
        for row in seen.senders
        if peer is not None and joining.is_receiver(row, peer)
    )


def _looked_at_pair(facts: Facts, seen: Seen, began: float, now: float) -> Facts:
    rows, peer = joining.named(seen, facts.real_name), facts.peer
    if len(rows) == 1 and peer is not None and joining.is_receiver(rows[0], peer):
        facts = facts.but(sender_at=now)
    if facts.poisoned:
        facts = facts.but(ending=POISONED)
    settled = CONF not in facts.busy and began >= facts.conf_at
    if (
        settled
        and facts.names == NAMES_SET
        and not names.are_set(seen, facts.real_name)
    ):
        return facts.but(names=NAMES_OUT, ending=HAND_EDITED)
    return facts


def _server(facts: Facts, server: str, now: float, *, standby: bool) -> Facts:
    after = facts.but(server=server, standby=standby)
    if server == UP and facts.server != UP:
        after = after.but(sender_at=now)
    if server == DOWN:
        ending = (
            POISONED if facts.poisoned and basics.is_in(facts, PAIR) else facts.ending
        )
        return after.but(seen=None, poisoned=False, unseen=0, ending=ending)
    return after


def _wrote(facts: Facts, mark: Mark, now: float) -> Facts:
    """What is durable now, and what it makes void."""
    was = facts.mark
    after = _free(facts, MARK, mark=mark, fresh=None, mark_failed="", unsure=False)
    after = after.but(failures=0)
    if was is None or (was.state, was.epoch) == (mark.state, mark.epoch):
        return after
    after = after.but(ending="", sender_at=now)
    if mark.state == PAIR:
        return _stage(after, ASKING, RELEASING).but(tried=0, conf_at=now)
    after = after.but(arming=None)
    if was.state == GIVEN and mark.state == ALONE:
        return after.but(fault="", start_failed="")  # nobody serves: it is tried again
    if was.state == PAIR and mark.state == ALONE:
        return after.but(not_before=now + AFTER_A_PAIR, **_detached(facts))
    return after


def _detached(facts: Facts) -> dict[str, object]:
    if facts.wish != DETACH or facts.peer is None:
        return {}
    return {"detached": facts.peer.incarnation}


def _free(facts: Facts, resource: str, **changes: object) -> Facts:
    return facts.but(busy=facts.busy - {resource}, **changes)
