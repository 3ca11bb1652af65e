"""Whether the server may be started, and is to be stopped by an operator's word."""

from __future__ import annotations

from pgx_mirror.core import facts as facts_
from pgx_mirror.core.facts import CONF, MARK, RUN, SWITCH, Facts
from pgx_mirror.core.known import basics, bearing, giving_back, names, primary, standby
from pgx_mirror.core.known.times import ASKS_FOR, LETS_GO_WITHIN
from pgx_mirror.core.mark import ALONE, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, UP


def may_start(facts: Facts, now: float) -> bool:
    """Whether a server that is down may run, and is to: its conf follows its mark."""
    if facts.server != DOWN or facts.mark is None:
        return False
    if facts.unsure or facts.busy & {MARK, CONF}:
        return False  # what it would run under is being written
    if not names.are(facts, names.wanted_names(facts, now)):
        return False
    if facts.standby and basics.is_in(facts, ALONE):
        return _may_be_promoted(facts, now)
    if facts.fault or facts.disk or facts.start_failed:
        return False
    return _standby_may(facts, now) if facts.standby else _primary_may(facts, now)


def _may_be_promoted(facts: Facts, now: float) -> bool:
    """A standby that holds the pen is tried again and again: nobody else may serve."""
    if facts.promote_failed or giving_back.gives_back(facts, now):
        return False
    return facts.wish in (RUN, SWITCH)


def _primary_may(facts: Facts, now: float) -> bool:
    """A pair's primary first hears whether it is deposed, or waits a moment for that."""
    if basics.is_in(facts, ALONE):
        return facts.wish in (RUN, SWITCH)  # a switch came to nothing
    asked = facts.peer is not None or facts.cell is not None
    waited = asked or now >= facts.began + ASKS_FOR
    in_pair = basics.is_in(facts, PAIR) and not primary.deposed_by(facts)
    return facts.wish == RUN and in_pair and waited


def _standby_may(facts: Facts, now: float) -> bool:
    """A standby starts once its primary's controller answers, under the right name."""
    if not basics.is_in(facts, SYNC, OUT, NEW) or bearing.has_other_name(facts):
        return False
    if standby.may_take_over_from_rest(facts, now):
        return True
    peer = facts.peer
    answers = peer is not None and basics.is_heard(facts, now) and not peer.standby
    return facts.wish == RUN and answers


def is_to_stop(facts: Facts, now: float) -> bool:
    """Whether an operator's word means that the server stops now.

    What mc_ctl has waited for in vain a standby waits for no more: others may be for ever.
    """
    late = now >= facts.since + facts.terms.patience
    match facts.wish, facts.standby:
        case (facts_.SWITCH, False):
            return primary.can_take(facts, now)
        case (facts_.STOP | facts_.STOP_ALL, False):
            return True
        case (facts_.STOP, True):
            return late or (not basics.is_in(facts, ALONE) and _is_let_go(facts, now))
        case (facts_.STOP_ALL, True):
            peer = facts.peer
            gone = peer is None or peer.server == DOWN
            return late or gone or not basics.is_heard(facts, now)
        case _:
            return False


def _is_let_go(facts: Facts, now: float) -> bool:
    """Whether the primary waits for this standby no more, or has had time enough.

    One in sync first promises that it is out, unless nobody is there to hear it, or its
    disk takes no promise.
    """
    if basics.is_in(facts, SYNC):
        return not (basics.is_heard(facts, now) and standby.owes_word(facts, now))
    waited = now >= facts.since + LETS_GO_WITHIN
    return waited or not standby.is_waited_for(facts, now)


def how_to_stop(facts: Facts, now: float) -> str:
    """Return the mode of a stop by an operator's word.

    A fast one waits for each walsender, and so for a standby that hangs.
    """
    seen = facts.seen
    streams = seen is not None and bool(seen.senders)
    hangs = streams and facts.peer is not None and basics.is_quiet(facts, now)
    return "immediate" if hangs and not facts.standby else "fast"


def may_make_checkpoint(facts: Facts, now: float) -> bool:
    """Whether a stop by an operator's word may keep a server that is well up for a while."""
    well = facts.server == UP and not (facts.fault or facts.disk or facts.standby)
    return well and how_to_stop(facts, now) == "fast"
