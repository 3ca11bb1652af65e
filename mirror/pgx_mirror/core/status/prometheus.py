"""A status as Prometheus' text exposition format.  Pure.

Each name's HELP is a row of docs/pair_commands.md too.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgx_base.exposition import Sample, one_of, text
from pgx_mirror.core.status.more import More
from pgx_mirror.core.status.values import (
    ABNORMAL,
    FAILOVER_DISABLED,
    NORMAL,
    NOT_SWITCHABLE,
    OLD_PRIMARY,
    OLD_STANDBY,
    PRIMARY,
    STANDBY,
    SWITCHABLE,
    SWITCHED,
    SWITCHING,
    UNKNOWN,
    Row,
    Status,
)

PREFIX = "pgx_mirror_"
WORDS = (
    SWITCHABLE,
    SWITCHED,
    NOT_SWITCHABLE,
    FAILOVER_DISABLED,
    SWITCHING,
    UNKNOWN,
)
ROLES = (PRIMARY, STANDBY, OLD_PRIMARY, OLD_STANDBY, UNKNOWN)
STATES = (NORMAL, ABNORMAL, UNKNOWN)
HELP = {
    "controller_up": "Whether the controller that was asked runs and has answered.",
    "switchable": "Whether the mirroring status is switchable.",
    "mirroring_status": "The mirroring status: 1 for the one that holds.",
    "reasons": "How many reasons keep the status from being better.",
    "server_info": "The server's host in network.conf; always 1.",
    "server_up": "Whether the server's controller is heard.",
    "host_role": "The server's role: 1 for the one that holds.",
    "database_state": "The state of the server's database processes: 1 for the one that holds.",
    "disk_state": "The state of the server's disks: 1 for the one that holds.",
    "epoch": "The epoch of the pair that the server's mark is of.",
    "wal_position_bytes": "How far the server's write-ahead log is flushed.",
    "peer_silence_seconds": "Seconds since the other server's controller was heard last.",
    "standby_flush_lag_bytes": "Write-ahead log that the standby has not told to be flushed.",
    "standby_replay_lag_bytes": "Write-ahead log that the standby has not told to be replayed.",
    "arbiter_answers": "Whether the arbiter answers the server.",
}


def exposition(server: str, status: Status, more: More | None, *, runs: bool) -> str:
    """Return *status*, as *server*'s controller says it, or without one where none *runs*."""
    samples: list[Sample] = [("controller_up", {"server_id": server}, float(runs))]
    samples += _of_pair(status)
    for row in status.rows:
        samples += _of_server(row, up=runs or row.server_id != server)
    if more is not None:
        samples += _of_more(server, status, more)
    return text(PREFIX, HELP, samples)


def _of_pair(status: Status) -> Iterator[Sample]:
    yield "switchable", {}, float(status.mirroring == SWITCHABLE)
    yield from one_of("mirroring_status", {}, "status", WORDS, status.mirroring)
    yield "reasons", {}, float(len(status.reasons))


def _of_server(row: Row, *, up: bool) -> Iterator[Sample]:
    server = {"server_id": row.server_id}
    yield "server_info", {**server, "host": row.host}, 1.0
    yield "server_up", server, float(up and row.host_status == NORMAL)
    yield from one_of("host_role", server, "role", ROLES, row.host_role)
    for name, column in (
        ("database_state", row.db_proc_status),
        ("disk_state", row.disk_status),
    ):
        word = column if column in STATES else ABNORMAL  # abnormal(what is wrong)
        yield from one_of(name, server, "state", STATES, word)
    if row.mark:
        yield "epoch", server, row.epoch
    if row.position:
        yield "wal_position_bytes", server, row.position


def _of_more(server: str, status: Status, more: More) -> Iterator[Sample]:
    if more.silence is not None:
        for row in status.rows:
            if row.server_id != server:
                yield (
                    "peer_silence_seconds",
                    {"server_id": row.server_id},
                    more.silence,
                )
    if more.lag is not None:
        standby = {"server_id": more.lag.server_id}
        for name, behind in (
            ("standby_flush_lag_bytes", more.lag.flushed),
            ("standby_replay_lag_bytes", more.lag.replayed),
        ):
            if behind is not None:
                yield name, standby, behind
    if more.arbiter is not None:
        for who, does in more.arbiter.answers:
            yield "arbiter_answers", {"server_id": who}, float(does)
