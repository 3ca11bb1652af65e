"""The settings of PostgreSQL that a pair needs: what is wanted, why, and the way out.  Pure.

Manual 6.3.2, B.1 and B.2 in their modern names.  An idle stream that says too little is
judged by `core.known.idle`, the names by `data.conf_check`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_mirror.checks.finding import Finding

# What SHOW says of each setting, by its name; one that was not asked for is not judged.
Values = Mapping[str, str]

# Those of a controller: looks 3, the watch 2, the slot, a proof 2.
SESSIONS = 8
_RESERVED = 3  # PostgreSQL's default
_COPY, _SENDERS = 2, 3  # pg_basebackup's, and with the standby's own
_LOOSE = frozenset({"off", "local", "remote_write"})
_OLD_PLACE = "pg_xlog"  # pg_wal, before PostgreSQL 10
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Row:
    """One check: *fails* of the settings *names*, the first of which is told.

    here  it is one of a server that other hosts have to reach
    """

    names: tuple[str, ...]
    fails: Callable[[Values], bool]
    why: str
    hint: str
    is_error: bool = False
    here: bool = False


def seconds(text: str) -> float:
    """Return the seconds of a time as SHOW tells it: "5400ms", "1min", "0"."""
    match = re.fullmatch(r"(-?[0-9]+(?:\.[0-9]*)?)\s*([a-z]*)", text)
    if match is None:
        return 0.0
    return float(match[1]) * _UNITS.get(match[2] or "s", 1)


def _is_closed(addresses: str) -> bool:
    """Whether no other host reaches a server that listens on *addresses*."""
    return all(_is_local(one) for one in re.split(r"[\s,]+", addresses) if one)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _reports_late(values: Values) -> bool:
    every = seconds(values["wal_receiver_status_interval"])
    limit = seconds(values["wal_sender_timeout"])
    return not every or (limit > 0 and every >= limit)


ROWS = (
    Row(
        ("wal_level",),
        lambda v: v["wal_level"] not in ("replica", "logical"),
        "The write-ahead log then lacks what a standby needs.",
        "Set wal_level = replica, and restart.",
        is_error=True,
    ),
    Row(
        ("max_wal_senders",),
        lambda v: int(v["max_wal_senders"]) < _COPY,
        "A copy takes two, and the standby one.",
        "Set it to 3 or more on both servers, and restart.",
        is_error=True,
    ),
    Row(
        ("max_wal_senders",),
        lambda v: _COPY <= int(v["max_wal_senders"]) < _SENDERS,
        "A copy takes two, and one of a standby that is gone may not have ended yet.",
        "Set it to 3 or more on both servers, and restart.",
    ),
    Row(
        ("max_replication_slots", "max_slot_wal_keep_size"),
        lambda v: (
            int(v["max_replication_slots"]) < 1 and v["max_slot_wal_keep_size"] != "-1"
        ),
        "No slot can be made that keeps the write-ahead log for the standby.",
        "Set it to 1 or more on both servers, and restart.",
        is_error=True,
    ),
    Row(
        ("wal_keep_size", "max_slot_wal_keep_size"),
        lambda v: v["wal_keep_size"] == "0" and v["max_slot_wal_keep_size"] == "-1",
        "max_slot_wal_keep_size is -1, so that no slot is made either: a standby that was "
        "away for a moment may have to be copied anew.",
        "Set max_slot_wal_keep_size to what pg_wal's file system can spare, and reload.",
    ),
    Row(
        ("hot_standby",),
        lambda v: v["hot_standby"] == "off",
        "A standby lets nobody in then, its controller neither.",
        "Set hot_standby = on on both servers, and restart.",
        is_error=True,
    ),
    Row(
        ("fsync",),
        lambda v: v["fsync"] == "off",
        "What was acknowledged may be lost with the host; no pair is formed.",
        "Set fsync = on on both servers, and reload.",
        is_error=True,
    ),
    Row(
        ("full_page_writes",),
        lambda v: v["full_page_writes"] == "off",
        "A host that crashes may leave torn pages, and pg_rewind refuses to work.",
        "Set full_page_writes = on on both servers, and reload.",
    ),
    Row(
        ("wal_log_hints", "data_checksums"),
        lambda v: v["wal_log_hints"] == "off" and v["data_checksums"] == "off",
        "There are no checksums either, so that a server which was the primary, and has "
        "written what the other one has not, is built anew by a copy, not by a rewind.",
        "Set wal_log_hints = on on both servers, and restart.",
    ),
    Row(
        ("recovery_target_timeline",),
        lambda v: v["recovery_target_timeline"] != "latest",
        "A standby would not follow a primary that was promoted.",
        "Set recovery_target_timeline = 'latest' on both servers, and restart.",
    ),
    Row(
        ("synchronous_commit",),
        lambda v: v["synchronous_commit"] in _LOOSE,
        "A commit may be acknowledged that the standby does not have.",
        "Set synchronous_commit = on on both servers, and reload.",
    ),
    Row(
        ("wal_receiver_status_interval", "wal_sender_timeout"),
        _reports_late,
        "A standby has to report before wal_sender_timeout is over: else its stream is "
        "closed, or commits wait for it longer than they need.",
        "Set wal_receiver_status_interval = 1s on both servers, and reload.",
    ),
    Row(
        ("superuser_reserved_connections",),
        lambda v: int(v["superuser_reserved_connections"]) < _RESERVED,
        "Where clients take all connections the controller is let in by these alone.",
        "Set it to 3 or more on both servers, and restart.",
    ),
    Row(
        ("max_connections", "superuser_reserved_connections"),
        lambda v: (
            int(v["max_connections"])
            < SESSIONS + int(v["superuser_reserved_connections"])
        ),
        f"The controller's sessions take up to {SESSIONS} of them.",
        "Set it to what the clients need and as many more, on both servers, and restart.",
    ),
    Row(
        ("archive_command", "archive_mode"),
        lambda v: v["archive_mode"] != "off" and _OLD_PLACE in v["archive_command"],
        "It is of a release before PostgreSQL 10: pg_xlog is pg_wal now.",
        'Write INSTALLDIR/bin/pgx_walcopy.cmd "%p" "DIR/archived_wal/%f", and reload.',
    ),
    Row(
        ("listen_addresses",),
        lambda v: _is_closed(v["listen_addresses"]),
        "The other server cannot reach it over the log transfer network.",
        "Set listen_addresses to this host's address there, or to '*', and restart.",
        here=True,
    ),
)
# What is to be asked for; one that may have several lines comes last.
ASKED = tuple(
    sorted(
        {name for row in ROWS for name in row.names},
        key=lambda name: (name == "archive_command", name),
    )
)


def judge(values: Values, whose: str, *, apart: bool = False) -> Iterator[Finding]:
    """Yield what of *values* is not as a pair needs it; *whose*: "this server", say.

    *apart*: the other server is on another host.
    """
    for row in ROWS:
        known = all(name in values for name in row.names)
        if known and (apart or not row.here) and row.fails(values):
            name = row.names[0]
            said = values[name] or "empty"
            failure = Failure(
                f"{name} of {whose} is {said}", detail=row.why, hint=row.hint
            )
            yield Finding(failure, row.is_error)
