"""The rows of Check's table beyond the usual one, where something under /run counts too.

Not on the path of a resource that is Online and well: only there every millisecond counts.
"""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_pclrsc import record, runentry
from pgx_pclrsc.core import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pgx_base.idents import Ident
    from pgx_pclrsc.beacon import Heard
    from pgx_pclrsc.look import Look


def hear(fd: int, *, acts: bool) -> Heard:
    """Return what is said on the beacon *fd* now."""
    from pgx_pclrsc import beacon

    return beacon.Heard(fd, latches=acts)


def without_workdir(root: str, name: str, hears: Callable[[], Heard]) -> int | None:
    """Answer by the beacon alone, where its holders say that the record cannot be kept.

    *hears* listens anew.  None where they are none of the OS user's, or not well: Check
    then looks at the work directory, as ever.
    """
    answer = _by_holders(root, name, hears())
    if answer != verdict.FAULTED:
        return answer
    # An Offline may have begun while we listened, and have ended what we found gone.
    return _by_holders(root, name, hears())


def _by_holders(root: str, name: str, heard: Heard) -> int | None:
    working = heard.working()
    if not working and not heard.alone():
        return None
    return _of_spoken(root, name, heard, working=working)


def while_offline_works(root: str, name: str, heard: Heard) -> int | None:
    """Answer what an Offline has found that works still; None where none does."""
    return _of_spoken(root, name, heard, working=True) if heard.working() else None


def _of_spoken(root: str, name: str, heard: Heard, *, working: bool) -> int | None:
    if os.geteuid() not in (0, heard.uid):
        return None
    postmaster = heard.postmaster()
    if postmaster is None:
        entry = runentry.read(root, name)
        # A monitor that names no server has not heard from it: one before it may be gone.
        if entry is None or not (working or proc.alive(*entry[0])):
            return None
        postmaster = entry[0]
    if heard.keep_faulted(postmaster):
        return verdict.FAULTED
    return verdict.by_beacon(alive=proc.alive(*postmaster), offline_runs=working)


def answer(root: str, name: str, look: Look, *, acts: bool) -> verdict.Answer:
    """Answer where the record does not say Online of a postmaster that lives."""
    found = look.record
    heard = hear(look.beacon, acts=acts) if look.beacon >= 0 else None
    # Before the entry is read: it says `stopped` before an Offline lets go of the beacon.
    offline_runs = look.offline_runs or (heard is not None and heard.leaving())
    watched = look.watched() or (heard is not None and heard.watched())
    says = found is not None and found.state in (record.ONLINE, record.FAULTED)
    if found is not None and says and not is_void(root, name, found):
        state = found.state
        if heard and heard.keep_faulted((found.postmaster, found.start)):
            state = record.FAULTED
        if offline_runs:
            return verdict.while_offline_runs(state)
        return verdict.from_record(state, alive=look.alive, watched=watched)
    if not says:
        was = _was_online(root, name, look)
        if was and heard and heard.keep_faulted(was):
            return verdict.FAULTED, False
        if was and proc.alive(*was):
            return verdict.lost(watched=watched, offline_runs=offline_runs)
    if offline_runs:
        return verdict.OFFLINE, False
    here = (not says and look.alive) or _found_here(root, name)
    return verdict.without_record(here and not watched)


def is_void(root: str, name: str, found: record.Record) -> bool:
    """Whether an Offline has finished since *found* was written, and could not clear it.

    A record that its monitor has written later is that of a server started by hand.
    """
    stopped = runentry.stopped_at(root, name)
    return stopped is not None and found.good_until <= stopped + record.GOOD_FOR_MS


def _was_online(root: str, name: str, look: Look) -> Ident | None:
    """Return the postmaster that was Online and was not stopped since, as far as is known.

    A record that was cleared says the contrary.  One that says `starting` of the entry's
    postmaster is that of a new monitor, which has not heard from it yet.
    """
    found = look.record
    if found is None and not look.lost:
        return None
    entry = runentry.read(root, name)
    if entry is None:
        return None
    of_another = found is not None and (found.postmaster, found.start) != entry[0]
    return None if of_another else entry[0]


def _found_here(root: str, name: str) -> bool:
    from pgx_pclrsc import slow

    return slow.found_here(root, name)
