"""The rows of Check's table beyond the usual one, where something under /run counts too.

Not on the path of a resource that is Online and well: only there every millisecond counts.
"""

from __future__ import annotations

from pgx_agent import record
from pgx_agent.core import verdict
from pgx_pclrsc import proc, runentry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pgx_agent.check import Look


def answer(root: str, name: str, look: Look) -> verdict.Answer:
    """Answer where the record does not say Online of a postmaster that lives."""
    found = look.record
    says = found is not None and found.state in (record.ONLINE, record.FAULTED)
    if found is not None and says and not _is_void(root, name, found):
        if look.offline_runs:
            return verdict.while_offline_runs(found.state)
        return verdict.from_record(
            found.state, alive=look.alive, watched=look.watched()
        )
    if not says and _was_online(root, name, look):
        return verdict.lost(watched=look.watched(), offline_runs=look.offline_runs)
    if look.offline_runs:
        return verdict.OFFLINE, False
    here = (not says and look.alive) or _found_here(root, name)
    return verdict.without_record(here and not look.watched())


def _is_void(root: str, name: str, found: record.Record) -> bool:
    """Whether an Offline has finished since *found* was written, and could not clear it.

    A record that its monitor has written later is that of a server started by hand.
    """
    stopped = runentry.stopped_at(root, name)
    return stopped is not None and found.good_until <= stopped + record.GOOD_FOR_MS


def _was_online(root: str, name: str, look: Look) -> bool:
    """Whether the resource was Online, has not been stopped since, and lives.

    A record that was cleared says the contrary.  One that says `starting` of the entry's
    postmaster is that of a new monitor, which has not heard from it yet.
    """
    found = look.record
    if found is None and not look.lost:
        return False
    entry = runentry.read(root, name)
    if entry is None:
        # Without root there is none: a monitor that holds its lock has not ended for want
        # of a server.
        return look.lost and look.held and _found_here(root, name)
    if found is not None and (found.postmaster, found.start) != entry[0]:
        return False
    return proc.alive(*entry[0])


def _found_here(root: str, name: str) -> bool:
    from pgx_agent import slow_check

    return slow_check.found_here(root, name)
