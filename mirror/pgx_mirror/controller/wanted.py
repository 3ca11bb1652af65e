"""What the options of a question mean for what an operator wishes, and who else is asked."""

from __future__ import annotations

from typing import Any, Protocol

from pgx_mirror.controller import words
from pgx_mirror.core.facts import LEAVE, STOP, STOP_ALL, Facts, Force
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import PAIR, SYNC


class Peer(Protocol):
    """The other controller, as far as mc_ctl's words concern it."""

    def request(self, content: dict[str, Any]) -> bool:
        """Ask it for something; False where it is not there to hear it."""

    def is_met(self) -> bool:
        """Whether it is connected."""


def stop(options: frozenset[str]) -> str:
    """Return which stop is wished: of both, of this server, or of its controller alone."""
    if words.MC_ONLY in options:
        return LEAVE
    return STOP_ALL if words.ALL in options else STOP


def force(options: frozenset[str]) -> Force | None:
    """Return how a switch or a disconnection is forced, None where it is not."""
    if words.FORCE not in options:
        return None
    return Force(words.NO_FENCING not in options, words.ABANDON in options)


def is_called_off(facts: Facts) -> bool:
    """Whether a word by force ends with the mc_ctl that has given it: nothing is decided yet."""
    undecided = basics.is_in(facts, PAIR, SYNC) and not basics.is_marking(facts)
    return facts.force is not None and undecided
