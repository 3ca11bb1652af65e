"""An operator's word that cannot be begun, and why."""

from __future__ import annotations

from pgx_mirror.core.deciding import forced
from pgx_mirror.core.deciding.outcome import Outcome
from pgx_mirror.core.facts import (
    ARBITRATION,
    COMMAND,
    DETACH,
    FALLBACK,
    MESSAGE,
    REST,
    RUN,
    SWITCH,
    Facts,
    Force,
)
from pgx_mirror.core.known import basics, primary, register, standby
from pgx_mirror.core.mark import PAIR, SYNC
from pgx_mirror.core.report import DOWN

_SEE_STATUS = "See mc_ctl status for the reason."
_WAIT = "Wait until it has ended; mc_ctl status shows it."


def refusal(
    facts: Facts, wish: str, now: float, force: Force | None = None
) -> Outcome | None:
    """Return why *wish* cannot be begun now, None where it can; by *force* or not."""
    if facts.wish not in (RUN, REST):
        return Outcome(f"{facts.wish} is being carried out", _WAIT)
    if force is not None:
        return forced.refusal(facts, wish, force, now)
    if wish == SWITCH:
        return _no_takeover(facts, now) if facts.standby else _no_switch(facts, now)
    if wish == DETACH:
        return _no_detach(facts, now)
    return None


def undecided(facts: Facts, now: float) -> Outcome | None:
    """Return why nobody decides for a server whose peer is silent, None where somebody may.

    It is what an operator's word would be answered.
    """
    if facts.standby:
        silent = basics.is_in(facts, SYNC) and basics.is_quiet(facts, now)
        return _no_open_epoch(facts) if silent else None
    silent = basics.is_in(facts, PAIR) and not basics.is_heard(facts, now)
    return _no_detach(facts, now) if silent else None


def offered(facts: Facts, now: float) -> str:
    """Return the word that ends a silence which automatics do not act on; empty for none."""
    if (facts.failover and facts.wish == RUN) or not basics.is_quiet(facts, now):
        return ""
    if not basics.is_in(facts, PAIR, SYNC):
        return ""
    word = SWITCH if facts.standby else DETACH
    return word if refusal(facts, word, now) is None else ""


def _no_switch(facts: Facts, now: float) -> Outcome | None:
    if not basics.is_in(facts, PAIR):
        return Outcome(
            "the servers are not switchable: no standby is in sync", _SEE_STATUS
        )
    if not basics.is_heard(facts, now):
        return Outcome(
            "the standby's controller does not answer",
            f'Start it on server "{facts.terms.other}", or mend the admin network.',
        )
    if not primary.can_take(facts, now):
        peer = facts.peer
        why = ", ".join(peer.unable) if peer and peer.unable else "it is not in sync"
        return Outcome(f"the standby cannot take over: {why}", _SEE_STATUS)
    return None


def _no_takeover(facts: Facts, now: float) -> Outcome | None:
    """A standby takes over by its own operator's word where the primary is silent."""
    if not basics.is_in(facts, SYNC):
        return Outcome("this standby is not in sync", _SEE_STATUS)
    if not basics.is_quiet(facts, now):
        return Outcome(
            "the primary's controller does not answer, and is not silent yet",
            "Its instance may stream still: it may be back. Else ask again in "
            f"{facts.terms.limit:g} s.",
        )
    if (unknown := _no_open_epoch(facts)) is not None:
        return unknown
    if facts.server != DOWN and not standby.is_able(facts):
        return forced.cannot_be_promoted(facts)
    return None


def _no_open_epoch(facts: Facts) -> Outcome | None:
    """Return why a standby in sync cannot be told whether its silent primary goes on."""
    silent, primary = "the primary is silent, and ", f'server "{facts.terms.other}"'
    policy, bring = basics.policy(facts), f"Bring back {primary}"
    force, called = forced.way_out(facts), facts.terms.called
    if register.has_open_epoch(facts):
        return None
    if policy == MESSAGE:
        why = f"{silent}nobody can be asked whether it goes on: there is no arbiter"
        return Outcome(why, f"{bring} with its data. {force}".rstrip())
    if policy in (COMMAND, FALLBACK):
        if _has_met(facts):
            return None
        why = f"{silent}this controller has not met it since it began"
        return Outcome(why, f"{bring} with its data. {force}".rstrip())
    if not facts.register:
        why = f"{silent}{called.name}, which could say whether it goes on, does not answer"
        return Outcome(why, f"Bring back {called.name}, or {primary}.")
    if not register.is_register(facts):
        why = f"{silent}{called.state} is another one than the pair has enrolled"
        hint = f"Bring back {called.enrolled}, or "
        return Outcome(why, f"{hint}{primary} with its data. {force}".rstrip())
    why = f"{silent}{called.name} has not said that it does not go on"
    return Outcome(why, f"mc_ctl status on {primary} says more, once it is back.")


def _has_met(facts: Facts) -> bool:
    return facts.met == basics.mark(facts).epoch


def _no_detach(facts: Facts, now: float) -> Outcome | None:
    if not basics.is_in(facts, PAIR, SYNC):
        return Outcome("there is no standby in sync to be disconnected", _SEE_STATUS)
    displaced = not facts.standby and primary.other_generation(facts, now)
    if basics.is_heard(facts, now) and not displaced:
        return None
    if facts.standby:
        return unanswered(facts)
    if _may_decide(facts):
        return None
    if displaced:
        return _displaced(facts)
    return Outcome(
        "the standby is silent, and nobody can say whether it has taken over",
        _bring_back(facts),
    )


def _displaced(facts: Facts) -> Outcome:
    """Return that the standby is heard, and speaks for another directory than is waited for."""
    other = f'server "{facts.terms.other}"'
    hint = f"Put that directory back on {other}, or bring back the arbiter."
    if basics.policy(facts) != ARBITRATION:
        hint = (
            f"Put that directory back. Where it is lost: mc_ctl stop on {other}, after "
            f"{facts.terms.limit:g} s mc_ctl detach --force here, then mc_ctl start there."
        )
    return Outcome(
        f"commits wait for a data directory that {other} has not, and nobody can say "
        "whether that one has taken over",
        hint,
    )


def unanswered(facts: Facts) -> Outcome:
    """Return that nobody takes a standby's name out: that is for its primary's controller.

    If its standby left now, commits would wait until there is one.
    """
    return Outcome(
        "the primary's controller does not answer: commits would wait for this standby",
        f"{start_there(facts)}; or mend the admin network.",
    )


def start_there(facts: Facts) -> str:
    """Return the way out where the other server's controller is missed."""
    return f'Start that controller (mc_ctl start on server "{facts.terms.other}")'


def _bring_back(facts: Facts) -> str:
    """Return who could say it: the standby, and the register that the pair has enrolled."""
    called = facts.terms.called
    standby = f'server "{facts.terms.other}" with the data directory that it had'
    force = forced.way_out(facts)
    if basics.policy(facts) != ARBITRATION:
        how = "start its controller, or mend the admin network"
        return f"Bring back {standby}: {how}. {force}".rstrip()
    if not facts.register:
        return f"Bring back {called.name}, or {standby}."
    return f"Bring back {called.enrolled}, or {standby}. {force}".rstrip()


def _may_decide(facts: Facts) -> bool:
    """Whether a primary whose standby is silent may go on: by the register, or by its policy."""
    if basics.policy(facts) == ARBITRATION:
        return register.is_register(facts)
    return _has_met(facts)
