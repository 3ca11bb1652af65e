"""Which refusals are of the moment: the other server is not there yet, another action goes on.

Pure.  Those of a start are known by the words of `core.deciding.starting`; a test holds both
together.
"""

from __future__ import annotations

from pgx_base.failure import Failure, Passing
from pgx_mirror.controller import words
from pgx_mirror.core.deciding.outcome import Outcome
from pgx_mirror.core.facts import REST, RUN, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE

NO_PRIMARY = "the primary's controller does not answer"
NO_PRIMARY_YET = "the other server is a standby too"


def passes(why: str, facts: Facts) -> bool:
    """Whether a start that is refused by *why* may be accepted with nothing done here."""
    if why == NO_PRIMARY:
        return True
    theirs = basics.peer_mark(facts)
    promoted = theirs is not None and theirs.state == ALONE  # or is about to be
    return why == NO_PRIMARY_YET and promoted


def judged(reasons: tuple[Failure, ...], facts: Facts) -> tuple[Failure, ...]:
    """Return *reasons*, with those that pass marked as such."""
    return tuple(
        Passing(one.primary, detail=one.detail, hint=one.hint)
        if passes(one.primary, facts)
        else one
        for one in reasons
    )


def refused(why: Outcome, facts: Facts) -> words.Refused:
    """Return that an action is refused; while another is carried out, it passes."""
    kind = Failure if facts.wish in (RUN, REST) else Passing
    return words.Refused((kind(why.why, hint=why.hint or None),))
