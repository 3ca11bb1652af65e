"""What one look at a server's own state has found: section 6 of the protocol.

Positions are numbers (`core.wal`), 0 for none; times are no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

# What a standby needs at least as much of as its primary, or its replay pauses.
LIMITS = (
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
)


@dataclass(frozen=True, slots=True)
class Sender:
    """One row of pg_stat_replication."""

    name: str
    pid: int
    address: str  # empty for a Unix-domain socket
    port: int
    state: str
    sync_state: str
    write: int
    flush: int
    replay: int
    reply: str = ""  # reply_time, to see that something came

    @property
    def furthest(self) -> int:
        """The furthest position that it has reported."""
        return max(self.write, self.flush, self.replay)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A standby's walreceiver: its PID, and its own end of the connection.

    The address is empty, and the port -1, for a Unix-domain socket, as pg_stat_replication
    has them; the port is 0 where they could not be found.
    """

    pid: int
    address: str
    port: int
    status: str
    timeline: int
    heard: str = ""  # last_msg_receipt_time, to see that something came
    told: int = 0  # how far its primary has said that it is
    age: float = 0.0  # seconds since `heard`, by the server's clock


@dataclass(frozen=True, slots=True)
class Pauses:
    """wal_receiver_timeout, wal_sender_timeout and wal_receiver_status_interval.

    In seconds, 0 for never.
    """

    receiver: float
    sender: float
    status: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What a session was shown.

    names         synchronous_standby_names
    source        pg_settings.source of it, and its file
    file_errors   what makes a reload ignore all of postgresql.conf, a line each
    senders       read before *insert* and *flush*, so that none may be beyond it
    insert, flush of a primary: pg_current_wal_insert_lsn, pg_current_wal_flush_lsn
    received      of a standby: pg_last_wal_receive_lsn;  replayed likewise
    limits        the settings LIMITS, in that order
    waiting       how many sessions wait in SyncRep
    proof_waits   the commit of an arming's proof is among them: it has not returned
    writing       how many processes wait for WAL to be written or synced
    loose         roles and databases with a synchronous_commit that is no guarantee
    unable        why a standby could not be promoted, by its own settings
    bears         the application_name in primary_conninfo
    checkpointing a checkpoint is being made, so that a reload may take effect late
    probe         a position before that of a probe commit which had returned before
                  *senders* were read, 0 for none
    probe_waits   a probe commit has not returned
    version       such as 150018
    superuser     whether the session's role may see all of this
    pauses        after how long an idle stream says something
    """

    system: str
    recovery: bool
    names: str = ""
    source: str = ""
    file: str = ""
    file_errors: tuple[str, ...] = ()
    wal_senders: int = 0
    senders: tuple[Sender, ...] = ()
    insert: int = 0
    flush: int = 0
    timeline: int = 0
    received: int = 0
    replayed: int = 0
    receiver: Receiver | None = None
    limits: tuple[int, ...] = ()
    fsync: bool = True
    waiting: int = 0
    proof_waits: bool = False
    writing: int = 0
    loose: tuple[str, ...] = ()
    unable: tuple[str, ...] = ()
    bears: str = ""
    checkpointing: bool = False
    probe: int = 0
    probe_waits: bool = False
    version: int = 0
    superuser: bool = True
    pauses: Pauses | None = None
