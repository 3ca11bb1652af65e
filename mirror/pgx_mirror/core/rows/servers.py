"""Whether the server is to be started, stopped or promoted."""

from __future__ import annotations

from pgx_mirror.core.effects import Promote, Start, StopServer
from pgx_mirror.core.facts import CONF, MARK, Facts
from pgx_mirror.core.known import basics, names, primary, running, standby
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR
from pgx_mirror.core.report import DOWN, NAMES_OUT, UP
from pgx_mirror.core.rows.row import Row

_TRIES = 3


def _because(facts: Facts) -> str:
    return facts.fault or facts.disk or "an operator's word"


def _may_promote(facts: Facts, _now: float) -> bool:
    return (
        basics.is_in(facts, ALONE)
        and facts.standby
        and facts.server == UP
        and names.are(facts, NAMES_OUT)
        and not (facts.unsure or facts.busy & {MARK, CONF})
    )


SERVERS = (
    Row(
        "its mark cannot be written, stopped",
        lambda f, n: f.unsure and f.failures >= _TRIES and f.server != DOWN,
        lambda f, _: StopServer("immediate", f.mark_failed),
        "which of two marks is durable is not known, and cannot be settled",
    ),
    Row(
        "deposed, stopped",
        lambda f, n: (
            f.server != DOWN and (basics.is_in(f, GIVEN) or primary.deposed_by(f) > 0)
        ),
        lambda f, _: StopServer("immediate", "another server is the primary now"),
        "no waiter may be told COMMIT, and clients with a host list are to pass on",
    ),
    Row(
        "poisoned, stopped",
        lambda f, n: f.server != DOWN and f.poisoned and basics.is_in(f, PAIR),
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
        lambda f, n: f.server != DOWN and running.is_to_stop(f, n),
        lambda f, n: StopServer(
            running.how_to_stop(f, n),
            "an operator's word",
            running.may_make_checkpoint(f, n),
        ),
        "a switch, or a stop",
    ),
    Row(
        "promotes",
        _may_promote,
        lambda f, _: Promote(),
        "it holds the pen, and its commits would not wait",
    ),
    Row("starts", running.may_start, lambda f, _: Start(), "it may run, and is to"),
)
