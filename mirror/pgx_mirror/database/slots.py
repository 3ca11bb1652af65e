"""The standby's replication slot, which the controllers of both servers see to.

On the primary it is there from the promotion on, so that the write-ahead log is kept from
where the other server will go on; on a standby it is none's, and would keep the log for
ever.  It is never made where max_slot_wal_keep_size sets no limit: while the standby is away
the disk would fill.  Nothing that is promised depends on it.
"""

from __future__ import annotations

from pgx_mirror.database.access import LOCAL, Access
from pgx_mirror.database.look import Kept
from pgx_mirror.database.trouble import TooLate, Trouble

# Seconds: a slot that somebody has dropped is made again after so many, and after what has
# been refused, as for want of a free slot, it is tried again.
_ANEW, _REFUSED = 60.0, 600.0

_MAKE = """select pg_create_physical_replication_slot('{slot}', true)
    where not pg_is_in_recovery()
    and current_setting('max_slot_wal_keep_size') <> '-1'
    and not exists (select from pg_replication_slots where slot_name = '{slot}')"""
_DROP = """select pg_drop_replication_slot(slot_name) from pg_replication_slots
    where slot_name = '{slot}' and not active and pg_is_in_recovery()"""


class SlotKeeper:
    """Sees to *slot* of the server of *access*, without ever waiting: a disk may hang."""

    def __init__(self, access: Access, slot: str) -> None:
        self._kept, self._slot = Kept(access, LOCAL), slot
        self._recovery: bool | None = None
        self._next = 0.0
        self._asks = False

    def step(self, recovery: bool, now: float) -> str:
        """Do what can be done at once, and return what was done, empty for nothing.

        *recovery*: it is a standby, by a look; *now* in seconds.
        """
        if recovery != self._recovery and not self._asks:
            self._recovery, self._next = recovery, now
        try:
            if not self._asks and now >= self._next:
                self._ask(recovery)
            return self._told(now) if self._asks else ""
        except TooLate:
            return ""  # the session is not there yet
        except Trouble as ex:
            self._end(now + _REFUSED)
            return f"replication slot {self._slot} could not be seen to: {ex}"

    def _ask(self, recovery: bool) -> None:
        sql = _DROP if recovery else _MAKE
        self._kept.open(0).send(sql.format(slot=self._slot))
        self._asks = True

    def _told(self, now: float) -> str:
        session = self._kept.session
        found = session.take() if session is not None else [[]]
        if found is None:
            return ""
        self._end(now + _ANEW)
        if not found[0]:
            return ""
        done = "dropped" if self._recovery else "made"
        return f"replication slot {self._slot} is {done}"

    def _end(self, again: float) -> None:
        self._kept.close()
        self._asks, self._next = False, again

    def close(self) -> None:
        """Leave; what is being done is done all the same."""
        self._end(self._next)
