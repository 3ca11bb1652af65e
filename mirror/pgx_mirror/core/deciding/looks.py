"""What a look at our own server teaches.  Nothing is decided here."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.facts import ASKING, BEARS, CONF, Facts
from pgx_mirror.core.known import basics, joining, names, poison
from pgx_mirror.core.known.arming import given_up
from pgx_mirror.core.known.ending import HAND_EDITED, POISONED, STRANGER
from pgx_mirror.core.mark import PAIR
from pgx_mirror.core.report import NAMES_OUT, NAMES_SET
from pgx_mirror.core.seen import Seen

_SLACK = 0.5  # seconds: the last look took some time itself


def looked(facts: Facts, seen: Seen, began: float, now: float) -> Facts:
    """Return *facts* after a look that began at *began* and has shown *seen*."""
    after = facts.but(seen=seen, seen_at=now)
    if _came(facts, seen):
        after = after.but(stream_at=_came_at(facts, seen, now))
    if seen.recovery:
        return _named(after, seen, began)
    if poison.ahead(seen):
        after = after.but(poisoned=True)
    if basics.is_in(after, PAIR):
        after = _probed(after, facts.seen)
        return _of_pair(_senders(after, facts.seen, now), seen, began, now)
    return _of_arming(_released(after, seen, began), seen, began, now)


def _named(facts: Facts, seen: Seen, began: float) -> Facts:
    """A standby's name may have been changed by hand."""
    settled = BEARS not in facts.busy and began >= facts.bears_at
    return facts.but(bears=seen.bears) if settled and seen.bears else facts


def _of_arming(facts: Facts, seen: Seen, began: float, now: float) -> Facts:
    """Before the standby is asked nobody may bear its name, and after its answer it alone.

    Whoever bears it before is another client, or a walsender that has not read the present
    names and would release who waits.
    """
    arming = facts.arming
    if arming is None or arming.stage != ASKING:
        return facts
    if not arming.clear and began >= arming.proved:
        if not joining.is_clear(seen, facts.real_name):
            return given_up(facts, now)
        return facts.but(arming=replace(arming, clear=True))
    if arming.answered is not None and began >= arming.answered:
        return facts.but(arming=replace(arming, looked=True))
    return facts


def _released(facts: Facts, seen: Seen, began: float) -> Facts:
    """A primary whose names are out: shown so, and then a commit begun after that returns.

    One that was begun before may have been released by the standby.
    """
    settled = CONF not in facts.busy and began >= facts.conf_at
    if not settled or not names.are(facts, NAMES_OUT) or seen.names:
        return facts
    if facts.shown and seen.probe:
        return facts.but(freed=True)
    return facts if seen.probe_waits else facts.but(shown=True)


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


def _came_at(facts: Facts, seen: Seen, now: float) -> float:
    """Return when it came, or later: silence is counted from there, and never too short.

    A standby's server knows how old its primary's last message is.  An age that reaches far
    behind the last look is a clock that was set, and proves nothing.
    """
    age = seen.receiver.age if seen.recovery and seen.receiver is not None else 0.0
    plausible = 0.0 <= age <= now - facts.seen_at + _SLACK
    return max(facts.stream_at, now - age) if plausible else now


def _senders(facts: Facts, before: Seen | None, now: float) -> Facts:
    """Who bears the standby's name: the standby alone, nobody, or another client."""
    seen, peer = facts.seen, facts.peer
    assert seen is not None
    rows = joining.named(seen, facts.real_name)
    if len(rows) == 1 and peer is not None and joining.is_receiver(rows[0], peer):
        return facts.but(sender_at=now, strange_at=None)
    if peer is None or not basics.is_heard(facts, now):
        return facts.but(strange_at=None)
    if not poison.strangers(before, seen, facts.real_name, peer):
        return facts
    since = now if facts.strange_at is None else facts.strange_at
    lasts = now >= since + facts.terms.limit
    ending = facts.ending or (STRANGER if lasts else "")
    return facts.but(strange_at=since, ending=ending)


def _of_pair(facts: Facts, seen: Seen, began: float, now: float) -> Facts:
    """A primary in a pair, whose commits have to wait for the standby."""
    if facts.poisoned:
        facts = facts.but(ending=POISONED)
    settled = CONF not in facts.busy and began >= facts.conf_at
    if not settled or not names.are(facts, NAMES_SET):
        return facts
    if names.are_set(seen, facts.real_name):
        return facts.but(shown=True)
    if not facts.shown and now < facts.conf_at + facts.terms.limit:
        return facts  # it has not come to read them yet
    return facts.but(names=NAMES_OUT, ending=HAND_EDITED)
