"""A hand that arms: proof of off, proof of on, and nudges until commits pass again.

It goes on for the whole of an arming, since the commit that is seen waiting has to wait
until the standby releases it (the protocol's 3.1b to 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_mirror.controller.jobs.sessions import access
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.core.standby_name import BARRIER
from pgx_mirror.database.proof import Proof
from pgx_mirror.database.trouble import Trouble, Unproven
from pgx_mirror.hands.line import Line

ON, FREE = "on", "free"
_BETWEEN_NUDGES = 0.1  # seconds, while the standby is to reach the barrier


@dataclass(frozen=True, slots=True)
class Off:
    """Commits do not wait, and nothing older is on its way."""


@dataclass(frozen=True, slots=True)
class On:
    """A commit is seen waiting; *barrier* is the insert position read after that."""

    barrier: int


def prove(line: Line, site: Site, off: float, held: float) -> None:
    """Prove off within *off* seconds, then on when told to, then nudge until all is free.

    Nobody waits for the proof of off, which has a checkpoint in it; each part of what holds
    up commits has *held* seconds.  Raises Failure where a proof cannot be had, and where
    commits pass that are to wait.
    """
    proof = Proof(access(site))
    try:
        proof.off(off)
        line.say(Off())
        if line.told(held) != ON:
            return
        line.say(On(proof.on(held, BARRIER)))
        while line.told(_BETWEEN_NUDGES) != FREE:
            if not proof.still_waits():
                raise Unproven("commits do not wait any more")
            proof.nudge(held)
        proof.free(held)
    except Trouble as ex:
        raise Failure(str(ex)) from ex
    finally:
        proof.close()
