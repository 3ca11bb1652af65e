"""What a cluster manager asks of Online and Offline, in a form that is no manager's own."""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request: a front makes it of what its manager says, and nothing else reads that.

    *manager* is its name.  *reason* says in words why the resource goes Offline, and
    *switches* that it goes to another node as planned.  *urgent* says in words why the
    instance must be stopped at once, nothing where it need not be.  *recovers*: the manager
    means to start a faulted resource again.  *asked* is for the trace, as the manager has
    spelled it, and *facts* for the programs that read the trace.  *within*: the seconds that
    the manager allows, 0 where it says nothing.
    """

    manager: str
    reason: str
    switches: bool = False
    urgent: str = ""
    recovers: bool = False
    asked: str = ""
    facts: tuple[tuple[str, object], ...] = ()
    within: int = 0

    def allowed(self, registered: int) -> int:
        """Return the seconds that a script has of which *registered* were."""
        return min(registered, self.within) if self.within else registered
