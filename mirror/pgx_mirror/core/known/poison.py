"""Poisoned memory: commits that return without the standby (the protocol's 6 and 10, A1).

PostgreSQL keeps the furthest position that any bearer of the name has ever reported to this
postmaster.  One beyond its own WAL lets every commit below it pass at once, with names set
and nobody connected, until the shared memory is made anew.
"""

from __future__ import annotations

from collections.abc import Collection

from pgx_mirror.core.known import names
from pgx_mirror.core.known.joining import named
from pgx_mirror.core.report import Report
from pgx_mirror.core.seen import Seen, Sender

# Why a primary takes itself for poisoned.
AHEAD = "a position beyond our own WAL was reported"
UNCONFIRMED = "a commit has returned that the standby has not confirmed"
NOBODY = "commits have returned while nobody bore the standby's name"

# Why the epoch of such a primary ends.
POISONED = "commits return that the standby has not got: memory is to be made anew"

# So often in a row: a standby may come, confirm and go between two looks.
TIMES = 2


def ahead(seen: Seen) -> str:
    """Return AHEAD where a sender has reported what is not there yet, else nothing.

    It sees a bearer only while it is connected, whatever its name.
    """
    beyond = any(row.furthest > seen.flush for row in seen.senders)
    return AHEAD if beyond and not seen.recovery else ""


def unconfirmed(before: Seen | None, now: Seen, name: str) -> str:
    """Return UNCONFIRMED where a probe commit has returned over its standby's head.

    The probe began after the look *before*, and had returned before *now*'s senders were
    read: whoever has borne *name* throughout must have confirmed it.
    """
    if before is None or not now.probe or not _hold(before, now, name):
        return ""
    there = {row.pid for row in _bearers(before, name)}
    stayed = [row for row in _bearers(now, name) if row.pid in there]
    confirmed = any(row.flush >= now.probe for row in _bearers(now, name))
    return UNCONFIRMED if stayed and not confirmed else ""


def unseen(before: Seen | None, now: Seen, name: str, times: int) -> int:
    """Return how often in a row a probe commit has returned with nobody there to confirm it.

    *times* is what was returned for *before*; from TIMES on it is NOBODY.
    """
    if before is None or not _hold(before, now, name):
        return 0
    if _bearers(now, name) or _bearers(before, name):
        return 0
    return times + 1 if now.probe else times


def strangers(
    before: Seen | None, now: Seen, name: str, standby: Report
) -> list[Sender]:
    """Return who bears *name*, confirms, and is by the *standby*'s own word not its walreceiver."""
    if before is None or standby.receiver is None:
        return []
    had = {row.pid: row.flush for row in _bearers(before, name)}
    confirms = [
        row for row in _bearers(now, name) if row.flush > had.get(row.pid, row.flush)
    ]
    return [row for row in confirms if standby.receiver != (row.address, row.port)]


def _hold(before: Seen, now: Seen, name: str) -> bool:
    """Whether commits had to wait for *name* all the time."""
    return names.are_set(before, name) and names.are_set(now, name)


def _bearers(seen: Seen, name: str) -> Collection[Sender]:
    return named(seen, name)
