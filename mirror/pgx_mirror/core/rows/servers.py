"""Whether the server is to be started, stopped or promoted."""

from __future__ import annotations

from pgx_mirror.core import facts as facts_
from pgx_mirror.core.effects import Promote, Start, StopServer
from pgx_mirror.core.facts import RUN, Facts
from pgx_mirror.core.known import basics, names, primary, standby
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_OUT, UP
from pgx_mirror.core.rows import conf
from pgx_mirror.core.rows.row import Row

_TRIES = 3
_LETS_GO_WITHIN = 5.0  # seconds for a primary to go on without a standby that stops
_ASKS_FOR = 2.0  # seconds that a start waits for the peer's or the register's word


def _may_start(facts: Facts, now: float) -> bool:
    down = facts.server == DOWN and facts.wish == RUN
    if not down or facts.fault or facts.disk or facts.start_failed:
        return False
    if facts.names != names.wanted_names(facts) or facts.mark is None:
        return False
    return _standby_may(facts, now) if facts.standby else _primary_may(facts, now)


def _primary_may(facts: Facts, now: float) -> bool:
    """A pair's primary first hears whether it is deposed, or waits a moment for that."""
    if basics.is_in(facts, ALONE):
        return True
    asked = facts.peer is not None or facts.cell is not None
    waited = asked or now - facts.began >= _ASKS_FOR
    return basics.is_in(facts, PAIR) and waited and not primary.deposed_by(facts)


def _standby_may(facts: Facts, now: float) -> bool:
    """A standby starts once its primary's controller answers, under the right name."""
    if basics.is_in(facts, ALONE):
        return not facts.promote_failed
    peer = facts.peer
    answers = peer is not None and basics.is_heard(facts, now) and not peer.standby
    return (
        basics.is_in(facts, SYNC, OUT, NEW)
        and answers
        and not conf.has_other_name(facts)
    )


def _because(facts: Facts) -> str:
    return facts.fault or facts.disk or "an operator's word"


def _is_to_stop(facts: Facts, now: float) -> bool:
    match facts.wish, facts.standby:
        case (facts_.SWITCH, False):
            return primary.can_take(facts, now)
        case (facts_.STOP | facts_.STOP_ALL, False):
            return True
        case (facts_.STOP, True):
            return not basics.is_in(facts, SYNC, ALONE) and _is_let_go(facts, now)
        case (facts_.STOP_ALL, True):
            peer = facts.peer
            return (
                peer is None or peer.server == DOWN or not basics.is_heard(facts, now)
            )
        case _:
            return False


def _is_let_go(facts: Facts, now: float) -> bool:
    """Whether the primary waits for this standby no more, or has had time enough."""
    theirs = basics.peer_mark(facts)
    waits = (
        theirs is not None
        and basics.is_heard(facts, now)
        and theirs.state == PAIR
        and theirs.peer_generation == basics.mark(facts).generation
    )
    return not waits or now - facts.since >= _LETS_GO_WITHIN


SERVERS = (
    Row(
        "its mark cannot be written, stopped",
        lambda f, _: f.unsure and f.failures >= _TRIES and f.server != DOWN,
        lambda f, _: StopServer("immediate", f.mark_failed),
        "which of two marks is durable is not known, and cannot be settled",
    ),
    Row(
        "deposed, stopped",
        lambda f, n: (
            f.server != DOWN and (basics.is_in(f, GIVEN) or primary.deposed_by(f) > 0)
        ),
        lambda f, _: StopServer("immediate", "another server has the pen"),
        "no waiter may be told COMMIT, and clients with a host list are to pass on",
    ),
    Row(
        "poisoned, stopped",
        lambda f, _: f.server != DOWN and f.poisoned and basics.is_in(f, PAIR),
        lambda f, _: StopServer(
            "immediate", "a position beyond our own WAL was reported"
        ),
        "until its shared memory is made anew, commits do not wait",
    ),
    Row(
        "promoted by hand, stopped",
        lambda f, _: standby.is_running_primary(f),
        lambda f, _: StopServer("fast", "it was promoted by hand"),
        "a standby's mark does not allow a primary",
    ),
    Row(
        "dead, its rest ended",
        lambda f, n: (
            f.server != DOWN
            and bool(f.fault or f.disk)
            and f.failover
            and primary.can_take(f, n)
        ),
        lambda f, _: StopServer("immediate", _because(f)),
        "the standby takes over once nothing of the instance is left",
    ),
    Row(
        "stopped by an operator",
        lambda f, n: f.server != DOWN and _is_to_stop(f, n),
        lambda f, _: StopServer("fast", "an operator's word"),
        "a switch, or a stop",
    ),
    Row(
        "promotes",
        lambda f, _: (
            basics.is_in(f, ALONE)
            and f.standby
            and f.server == UP
            and f.names == NAMES_OUT
            and not f.promote_failed
        ),
        lambda f, _: Promote(),
        "it holds the pen, and its commits would not wait",
    ),
    Row("starts", _may_start, lambda f, _: Start(), "it may run, and is to"),
)
