"""Ending the other server: by policy command, or before an operator's word by force.

Who has fenced the other, and has not heard it in another life since, goes on alone.  The
permission to fence is volatile, and given by meeting: whoever was switched off has none.
"""

from __future__ import annotations

from pgx_mirror.core import commands
from pgx_mirror.core.effects import RunCommand
from pgx_mirror.core.facts import COMMAND, DETACH, FALLBACK, SWITCH, Facts
from pgx_mirror.core.known import basics, primary, standby
from pgx_mirror.core.mark import PAIR, SYNC
from pgx_mirror.core.report import DOWN

FENCING = commands.resource(commands.FENCING)
ARBITRATION = commands.resource(commands.ARBITRATION)


def is_to_arbitrate(facts: Facts, now: float) -> bool:
    """Whether arbitration_command is to say whether the silent peer has failed.

    A peer that is heard, and says itself that it cannot promise, is not asked about.
    """
    asked = facts.arbitrated or FENCING in facts.busy
    return _wants_by_policy(facts, now) and not (asked or basics.is_heard(facts, now))


def kept(facts: Facts, now: float) -> Facts:
    """Return *facts* with what arbitration_command has said, as long as it is acted on.

    It is asked anew once silence or automatics have ended in between, or a fence has failed:
    the peer may have come back since, and be serving.
    """
    if facts.arbitrated and not _wants_by_policy(facts, now):
        return facts.but(arbitrated=False)
    return facts


def is_to_fence(facts: Facts, now: float) -> bool:
    """Whether fencing_command is to end the peer now."""
    if is_fenced(facts) or ARBITRATION in facts.busy:
        return False
    if is_forced(facts, now):
        return not is_unfenced(facts) and not facts.command_failed
    known = facts.arbitrated or basics.is_heard(facts, now)
    return known and _wants_by_policy(facts, now)


def _wants_by_policy(facts: Facts, now: float) -> bool:
    """Whether policy command lets this server end its peer, which it has met in this epoch.

    The standby gives the primary time to fence it first: else each switches the other off.
    """
    if facts.force is not None or not basics.is_in(facts, PAIR, SYNC):
        return False
    if basics.policy(facts) != COMMAND or facts.met != basics.mark(facts).epoch:
        return False
    if primary.deposed_by(facts) or now < facts.command_at:
        return False
    if not facts.standby:
        return primary.primary_wants(facts, now)
    stuck = basics.is_heard(facts, now)
    return standby.takes_over(facts, now) and (stuck or now >= fences_at(facts))


def fences_at(facts: Facts) -> float:
    """Return when a standby whose primary is silent may have it fenced."""
    last = max(facts.heard_at, facts.stream_at)
    return last + facts.terms.limit + facts.terms.interval


def is_fenced(facts: Facts) -> bool:
    """Whether the peer was ended in our pair's epoch, and has not been heard since."""
    in_pair = basics.is_in(facts, PAIR, SYNC)
    return in_pair and facts.fenced == basics.mark(facts).epoch


def may_go_on(facts: Facts, now: float) -> bool:
    """Whether this server goes on alone: its peer was fenced, or an operator's word is enough.

    A standby has to be able to be promoted; one that is down is started for it.
    """
    if primary.deposed_by(facts) or not basics.is_in(facts, PAIR, SYNC):
        return False
    from_rest = is_forced(facts, now) and facts.server == DOWN
    if facts.standby and not (standby.is_able(facts) or from_rest):
        return False
    return is_fenced(facts) or (is_forced(facts, now) and is_unfenced(facts))


def falls_back(facts: Facts, now: float) -> bool:
    """Whether it takes over by policy fallback, by its own mark."""
    if not basics.is_in(facts, SYNC) or basics.policy(facts) != FALLBACK:
        return False
    return facts.met == basics.mark(facts).epoch and standby.takes_over(facts, now)


def is_forced(facts: Facts, now: float) -> bool:
    """Whether an operator's word that the peer is off counts: it is given, and all is silent.

    Once the pair is ended by it, it means nothing more: the peer may come back.
    """
    word = SWITCH if facts.standby else DETACH
    forced = facts.force is not None and facts.wish == word
    in_pair = basics.is_in(facts, PAIR, SYNC)
    return forced and in_pair and basics.is_quiet(facts, now)


def is_unfenced(facts: Facts) -> bool:
    """Whether an operator's word by force is enough without a fence."""
    asked = facts.force is not None and facts.force.fencing
    return not (asked and commands.FENCING in facts.terms.commands)


def call(facts: Facts, _now: float) -> RunCommand:
    """Return how fencing_command is called."""
    operators = facts.wish in (SWITCH, DETACH)
    mode = commands.BY_COMMAND if operators else commands.BY_MONITOR
    operation = commands.TO_SWITCH if facts.standby else commands.TO_DETACH
    return commands.fencing(mode, operation, facts.terms.me, facts.terms.other)


def meets_nobody(facts: Facts) -> bool:
    """Whether the peer, heard now, may not be told so: we may be about to go on without it.

    It is not known which mark is durable, or fencing_command runs, whose result would be
    void; a peer that has met nobody does nothing by itself.
    """
    return basics.is_marking(facts) or FENCING in facts.busy


def heard(facts: Facts, incarnation: str) -> Facts:
    """Return *facts* once a word of the peer's life *incarnation* has come.

    One that comes from a later life than the command was called about makes its result void:
    that life may have met us.  So does any that comes after it.
    """
    after = word_ended(facts.but(arbitrated=False))  # it was to be off
    another = facts.peer is None or incarnation != facts.peer.incarnation
    if FENCING in facts.busy and another:
        after = after.but(void=True)
    return _voided(after)


def word_ended(facts: Facts) -> Facts:
    """Return *facts* once an operator's word by force counts no more, nor a fence for it."""
    if facts.force is None:
        return facts
    void = facts.void or FENCING in facts.busy
    return _voided(facts.but(force=None, void=void))


def _voided(facts: Facts) -> Facts:
    """What is being written goes by the fence; nobody meets us until that is known."""
    if not facts.fenced:
        return facts
    return facts.but(void=True) if basics.is_marking(facts) else unfenced(facts)


def unfenced(facts: Facts) -> Facts:
    """Return *facts* without a fence that has become void: the peer has to be met anew."""
    return facts.but(fenced=0, void=False, met=0)
