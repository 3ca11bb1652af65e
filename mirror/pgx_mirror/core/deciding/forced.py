"""A switch or a disconnection by force: what an operator's word needs, and where it is offered.

It says that the other server is off, stays off until the command has ended, and has not gone
on alone since the epoch of this directory's mark.  Where the register could still make that
server a holder, the word alone is not enough.
"""

from __future__ import annotations

from pgx_mirror.core.deciding.outcome import Outcome
from pgx_mirror.core.facts import ARBITRATION, DETACH, SWITCH, Facts, Force
from pgx_mirror.core.known import basics, register, standby
from pgx_mirror.core.mark import PAIR, SYNC
from pgx_mirror.core.report import DOWN

_SEE_STATUS = "See mc_ctl status for the reason."


def way_out(facts: Facts) -> str:
    """Return the sentence that offers force where nobody else decides, by the epoch's policy.

    A register is abandoned for a new one, which must be there.  To a standby that could not
    be promoted it is not offered.
    """
    if _cannot(facts):
        return ""
    if basics.policy(facts) != ARBITRATION:
        return (
            f"Where that server is off, and stays off: {_command(facts)} --force here."
        )
    if facts.terms.policy == ARBITRATION and (not facts.register or facts.cell):
        return f"For one that is lost for good, name {facts.terms.called.anew}."
    return (
        "Where the old one is lost for good, and that server is off and stays off: "
        f"{_command(facts)} --force --abandon-register here."
    )


def refusal(facts: Facts, wish: str, force: Force, now: float) -> Outcome | None:
    """Return why *wish* cannot be done by *force*, None where it can."""
    word, where = (SWITCH, "standby") if facts.standby else (DETACH, "primary")
    if wish != word:
        given = DETACH if facts.standby else SWITCH
        return Outcome(
            f"a {given} is not forced on the {where}",
            f'Where the other server is off: "mc_ctl {word} --force" here.',
        )
    if not basics.is_in(facts, PAIR, SYNC):
        return Outcome("this server is in no pair that could be ended", _SEE_STATUS)
    if not basics.is_quiet(facts, now):
        return _there(facts, now)
    if (refused := _by_register(facts, force)) is not None:
        return refused
    return cannot_be_promoted(facts) if _cannot(facts) else None


def _cannot(facts: Facts) -> bool:
    return facts.standby and facts.server != DOWN and not standby.is_able(facts)


def cannot_be_promoted(facts: Facts) -> Outcome:
    """Return why a standby that runs does not take over, whoever says so."""
    why = ", ".join((facts.fault, facts.disk, *standby.unable(facts))).strip(", ")
    return Outcome(f"this standby cannot be promoted: {why}", _SEE_STATUS)


def _there(facts: Facts, now: float) -> Outcome:
    other = f'server "{facts.terms.other}"'
    if basics.is_heard(facts, now):
        return Outcome(
            f"{other} answers, and nothing is forced beside a server that lives",
            "Leave out --force; or stop its controller there: mc_ctl stop -e. Where it has "
            f"ended just now: ask again in {facts.terms.limit:g} s.",
        )
    return Outcome(
        f"{other} is not silent yet: its instance may stream still",
        f"Ask again in {facts.terms.limit:g} s.",
    )


def _by_register(facts: Facts, force: Force) -> Outcome | None:
    """Return why the register that this epoch means forbids it, None where it does not."""
    called = facts.terms.called
    if basics.policy(facts) != ARBITRATION:
        if not force.abandon:
            return None
        return Outcome("this epoch has no register", "Leave out --abandon-register.")
    if register.is_register(facts):
        return Outcome(
            "the register is there, and decides itself", "Leave out --force."
        )
    if not force.abandon:
        return Outcome(
            "the register is away, and could make the other server the primary later",
            f"Bring it back. Where it is lost for good: name {called.anew}, and then "
            f'"{_command(facts)} --force --abandon-register".',
        )
    if facts.terms.policy == ARBITRATION and (not facts.register or facts.cell):
        what = "has a pair in it" if facts.register else "is not reached"
        return Outcome(
            f"the register that is to take the old one's place {what}",
            f"Name {called.anew}, on both servers, and start Mirroring Controller anew "
            "here.",
        )
    return None


def _command(facts: Facts) -> str:
    return f"mc_ctl {SWITCH if facts.standby else DETACH}"
