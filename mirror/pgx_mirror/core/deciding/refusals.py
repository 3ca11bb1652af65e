"""An operator's word that cannot be begun, and why."""

from __future__ import annotations

from pgx_mirror.core.deciding.outcome import Outcome
from pgx_mirror.core.facts import DETACH, MESSAGE, REST, RUN, SWITCH, Facts
from pgx_mirror.core.known import basics, primary, register, standby
from pgx_mirror.core.mark import PAIR, SYNC
from pgx_mirror.core.report import DOWN

_SEE_STATUS = "See mc_ctl status for the reason."


def refusal(facts: Facts, wish: str, now: float) -> Outcome | None:
    """Return why *wish* cannot be begun now, None where it can."""
    if facts.wish not in (RUN, REST):
        return Outcome(f"{facts.wish} is being carried out")
    if wish == SWITCH:
        return _no_takeover(facts, now) if facts.standby else _no_switch(facts, now)
    if wish == DETACH:
        return _no_detach(facts, now)
    return None


def _no_switch(facts: Facts, now: float) -> Outcome | None:
    if not basics.is_in(facts, PAIR):
        return Outcome(
            "the servers are not switchable: no standby is in sync", _SEE_STATUS
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
        return Outcome("this standby is not in sync", _SEE_STATUS)
    if not basics.is_quiet(facts, now):
        return Outcome(
            "the primary's controller does not answer, and is not silent yet"
        )
    if not register.has_open_epoch(facts):
        return Outcome(
            "the primary is silent, and there is no register to ask whether it goes on",
            "When the primary is back, run mc_ctl switch again.",
        )
    if facts.server != DOWN and not standby.is_able(facts):
        why = ", ".join((facts.fault, facts.disk, *standby.unable(facts))).strip(", ")
        return Outcome(f"this standby cannot be promoted: {why}")
    return None


def _no_detach(facts: Facts, now: float) -> Outcome | None:
    if not basics.is_in(facts, PAIR, SYNC):
        return Outcome("there is no standby in sync to be disconnected")
    if facts.standby or basics.is_heard(facts, now) or _may_decide(facts):
        return None
    return Outcome(
        "the standby is silent, and nobody can say whether it has taken over",
        "Start its controller, or mend the network.",
    )


def _may_decide(facts: Facts) -> bool:
    """Whether a primary whose standby is silent may go on: by the register, or by its policy."""
    if basics.policy(facts) == MESSAGE:
        return facts.met == basics.mark(facts).epoch
    return register.is_register(facts)
