"""An operator's word: when it is done, or has failed."""

from __future__ import annotations

from pgx_mirror.core import facts as facts_
from pgx_mirror.core.deciding.outcome import DONE, Outcome
from pgx_mirror.core.deciding.refusals import refusal, start_there
from pgx_mirror.core.deciding.starting import ran
from pgx_mirror.core.facts import SERVER, STOP, Facts
from pgx_mirror.core.known import basics, names, primary, standby
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, UP

__all__ = ["DONE", "Outcome", "outcome", "refusal"]

_NOT_FREED = Outcome(
    "the standby is disconnected, and no commit has been seen to pass yet",
    "See that postmaster and checkpointer are not stopped, and how far a checkpoint is: the "
    "names take effect once they come to read them. mc_ctl status tells who waits.",
)


def outcome(facts: Facts, now: float) -> Outcome | None:
    """Return how the present wish has ended, None while it is being carried out."""
    late = now >= facts.since + facts.terms.patience
    if facts.wish in (facts_.SWITCH, facts_.DETACH) and facts.command_failed:
        return _not_allowed(facts)
    match facts.wish:
        case facts_.RUN:
            return ran(facts, now)
        case facts_.SWITCH:
            ended = _switched(facts, now)
            return _late(facts) if late and ended is None else ended
        case facts_.DETACH:
            return _detached(facts, now, late=late)
        case facts_.STOP | facts_.STOP_ALL:
            return _stopped(facts, now, late=late)
        case _:
            return DONE


def _not_allowed(facts: Facts) -> Outcome:
    """A program was asked that says of the other server that it lives, or could not end it."""
    option = "--force" if facts.force is None else "--no-fencing"
    return Outcome(
        f"the other server was not fenced: {facts.command_failed}",
        f"Mend that command; or, where that server is off for certain, add {option}.",
    )


def _switched(facts: Facts, now: float) -> Outcome | None:
    if basics.is_in(facts, OUT, NEW):
        return Outcome(
            f"{facts.terms.called.name} has decided for the primary, which goes on",
            "See mc_ctl status on the primary.",
        )
    if facts.standby:
        return _not_taken(facts, now)
    if basics.is_in(facts, ALONE):
        if facts.server == UP and not names.is_to_be_freed(facts):
            return DONE if basics.mark(facts).pair else _taken_back()
        hint = "See the log of its server; it is tried again."
        return Outcome(facts.start_failed, hint) if facts.start_failed else None
    if basics.is_in(facts, GIVEN):
        return _handed_over(facts)
    return _not_given(facts, now)


def _not_taken(facts: Facts, now: float) -> Outcome | None:
    """A standby that was to take over, whose primary is there after all."""
    if basics.is_in(facts, SYNC) and not basics.is_quiet(facts, now):
        return Outcome(
            "the primary's controller answers again", "Run mc_ctl switch again."
        )
    return None


def _handed_over(facts: Facts) -> Outcome | None:
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if peer is None or theirs is None:
        return None
    took = theirs.state in (ALONE, PAIR) and theirs.epoch >= basics.mark(facts).epoch
    return DONE if took and not peer.standby and peer.server == UP else None


def _not_given(facts: Facts, now: float) -> Outcome | None:
    """A primary goes on, or runs again, where its standby can take over no more."""
    if not basics.is_in(facts, PAIR) or primary.can_take(facts, now):
        return None
    not_begun = facts.server == UP and SERVER not in facts.busy
    waited = now >= facts.down_at + facts.terms.limit
    peer = facts.peer
    dead = peer is not None and basics.is_heard(facts, now) and peer.server == DOWN
    if not_begun or (facts.server == DOWN and (waited or dead)):
        why = ", its server being down" if dead else ""
        return Outcome(
            f"the standby cannot take over any more{why}, and this server goes on "
            "as the primary",
            "See mc_ctl status for the reason.",
        )
    return None


def _taken_back() -> Outcome:
    return Outcome(
        "the standby did not take over, and this server goes on as the primary",
        "See the system log, or trace.log in the management directory, of both servers.",
    )


def _late(facts: Facts) -> Outcome:
    return Outcome(
        f"it is not done within {facts.terms.patience:g} s",
        "See mc_ctl status; what was begun goes on.",
    )


def _detached(facts: Facts, now: float, *, late: bool) -> Outcome | None:
    if not facts.standby and basics.is_in(facts, ALONE):
        if not names.is_to_be_freed(facts):
            return DONE
        return _NOT_FREED if late else None
    if standby.is_left_waiting(facts, now):
        return _left_waiting(facts)
    out = facts.standby and basics.is_in(facts, OUT)
    if out and not standby.is_waited_for(facts, now):
        return DONE
    return _late(facts) if late else None


def _left_waiting(facts: Facts) -> Outcome:
    """A standby that has left while its primary's controller went."""
    return Outcome(
        "the standby has left, and the primary's controller does not answer: its commits "
        "wait until it does",
        f"{start_there(facts)}: it then lets them pass.",
    )


def _stopped(facts: Facts, now: float, *, late: bool) -> Outcome | None:
    """A stop is done once the server is down, and a primary's pen, if it can be, is given."""
    if late:
        return DONE if facts.server == DOWN else _late(facts)
    if facts.server != DOWN:
        return None
    if facts.wish != STOP:
        return DONE
    if facts.standby:
        return None if standby.owes_word(facts, now) else DONE
    if not facts.failover:
        return DONE
    if basics.is_in(facts, PAIR):
        return None if primary.can_take(facts, now) else DONE
    if basics.is_in(facts, GIVEN):
        peer = facts.peer
        return DONE if peer is not None and not peer.standby else None
    return DONE
