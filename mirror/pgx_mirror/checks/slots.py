"""A standby's replication slot that keeps the write-ahead log without a limit.  Pure.

None is ever made so; it comes of max_slot_wal_keep_size being set to -1 later.  It is not
dropped for that: a standby that comes back could stream no more, though its log is there.
"""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import slot_name

_PREFIX = slot_name.of("")
ENDLESS = (
    "select slot_name from pg_replication_slots"  # noqa: S608
    f" where starts_with(slot_name, '{_PREFIX}') and not pg_is_in_recovery()"
    " and current_setting('max_slot_wal_keep_size') = '-1'"
)


def endless(name: str, whose: str) -> Failure:
    """Return what is said of the slot *name* that `ENDLESS` has found on *whose* server."""
    return Failure(
        f"replication slot {quoted(name)} of {whose} keeps the log without a limit",
        detail="max_slot_wal_keep_size is -1: while the standby is away the disk of pg_wal "
        "fills, until commits stop.",
        hint="Set max_slot_wal_keep_size to what that file system can spare, and reload. Of "
        "a standby that is set up anew or gone for good the slot can be dropped: select "
        f"pg_drop_replication_slot('{name}').",
    )
