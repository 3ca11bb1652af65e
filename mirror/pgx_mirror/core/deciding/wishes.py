"""An operator's word: why it is refused, and when it is done or has failed."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core.facts import (
    DETACH,
    REST,
    RUN,
    STOP,
    SWITCH,
    Facts,
)
from pgx_mirror.core.known import basics, primary, register, standby
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_OUT, UP


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wish has ended: *why* it failed, with a way out; empty where it is done."""

    why: str = ""
    hint: str = ""


DONE = Outcome()


def refusal(facts: Facts, wish: str, now: float) -> Outcome | None:
    """Return why *wish* cannot be begun now, None where it can."""
    if facts.wish not in (RUN, REST):
        return Outcome(f"{facts.wish} is being carried out")
    if wish == SWITCH:
        return _no_switch(facts, now)
    if wish == DETACH:
        return _no_detach(facts)
    return None


def _no_switch(facts: Facts, now: float) -> Outcome | None:
    if facts.standby:
        return _no_takeover(facts, now)
    if not basics.is_in(facts, PAIR):
        return Outcome(
            "the servers are not switchable: no standby is in sync",
            "See mc_ctl status for the reason.",
        )
    if not basics.is_heard(facts, now):
        return Outcome("the standby's controller does not answer")
    if not primary.can_take(facts, now):
        peer = facts.peer
        why = ", ".join(peer.unable) if peer and peer.unable else "it is not in sync"
        return Outcome(f"the standby cannot take over: {why}")
    return None


def _no_takeover(facts: Facts, now: float) -> Outcome | None:
    """A standby takes over by its own operator's word where the primary is silent."""
    if not basics.is_in(facts, SYNC):
        return Outcome(
            "this standby is not in sync", "See mc_ctl status for the reason."
        )
    if not standby.is_able(facts):
        unable = facts.seen.unable if facts.seen else ("its server does not run",)
        return Outcome(f"this standby cannot be promoted: {', '.join(unable)}")
    if not basics.silent(facts, now):
        return Outcome(
            "the primary's controller does not answer, and is not silent yet"
        )
    if not register.is_reached(facts):
        return Outcome(
            "the primary is silent, and there is no register to ask whether it goes on",
            "When the primary is back, run mc_ctl switch again.",
        )
    return None


def _no_detach(facts: Facts) -> Outcome | None:
    if basics.is_in(facts, PAIR, SYNC):
        return None
    return Outcome("there is no standby in sync to be disconnected")


def outcome(facts: Facts, now: float) -> Outcome | None:
    """Return how the present wish has ended, None while it is being carried out."""
    late = now - facts.since >= facts.terms.patience
    match facts.wish:
        case "run":
            return _ran(facts, now)
        case "switch":
            return _switched(facts, late=late)
        case "detach":
            return _detached(facts, late=late)
        case "stop" | "stop all":
            return _stopped(facts, now, late=late)
        case _:
            return DONE


def _ran(facts: Facts, now: float) -> Outcome | None:
    """A start: done once the server takes connections; refused where it may not run."""
    if facts.server == UP:
        return DONE
    if facts.start_failed:
        return Outcome(facts.start_failed)
    waited = now - facts.since >= facts.terms.limit
    if basics.is_in(facts, GIVEN) and (waited or facts.peer is not None):
        return Outcome(
            "this server is deposed: the other server has the pen",
            "Make it a standby with mc_ctl setup, then start it.",
        )
    if facts.mark is None and facts.fresh is None:
        return Outcome("there is no mark in the data directory")
    if (
        facts.standby
        and waited
        and not basics.is_in(facts, ALONE)
        and facts.server == DOWN
    ):
        return _no_primary(facts, now)
    return None


def _no_primary(facts: Facts, now: float) -> Outcome | None:
    if basics.is_heard(facts, now):
        return None
    hint = "Start Mirroring Controller on the primary first."
    if basics.is_in(facts, SYNC) and register.is_reached(facts):
        hint += " Where it cannot be started: mc_ctl start --mc-only here, then mc_ctl switch."
    return Outcome("the primary's controller does not answer", hint)


def _switched(facts: Facts, *, late: bool) -> Outcome | None:
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if not facts.standby and basics.is_in(facts, ALONE):
        if facts.server == UP and facts.names == NAMES_OUT:
            return DONE if _took_over(facts) else _taken_back()
        return None if not late else _late(facts)
    if basics.is_in(facts, GIVEN) and peer is not None and theirs is not None:
        took = (
            theirs.state in (ALONE, PAIR) and theirs.epoch >= basics.mark(facts).epoch
        )
        if took and not peer.standby and peer.server == UP:
            return DONE
    if basics.is_in(facts, OUT, NEW):
        return Outcome("the register has given the pen to the primary")
    return _late(facts) if late else None


def _took_over(facts: Facts) -> bool:
    return basics.mark(facts).pair > 0


def _taken_back() -> Outcome:
    return Outcome(
        "the standby did not take over, and this server goes on as the primary",
        "See the system log of both servers.",
    )


def _late(facts: Facts) -> Outcome:
    return Outcome(
        f"it is not done within {facts.terms.patience:g} s",
        "See mc_ctl status; what was begun goes on.",
    )


def _detached(facts: Facts, *, late: bool) -> Outcome | None:
    if not facts.standby and basics.is_in(facts, ALONE) and facts.names == NAMES_OUT:
        return DONE
    if facts.standby and basics.is_in(facts, OUT):
        return DONE
    return _late(facts) if late else None


def _stopped(facts: Facts, now: float, *, late: bool) -> Outcome | None:
    if facts.server != DOWN:
        return _late(facts) if late else None
    handing = facts.wish == STOP and not facts.standby and facts.failover
    if (
        handing
        and basics.is_in(facts, PAIR)
        and primary.can_take(facts, now)
        and not late
    ):
        return None
    if handing and basics.is_in(facts, GIVEN) and not late:
        peer = facts.peer
        return DONE if peer is not None and not peer.standby else None
    if facts.standby and basics.is_in(facts, SYNC) and facts.wish == STOP and not late:
        return None
    return DONE
