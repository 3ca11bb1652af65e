"""Parameters that PostgreSQL has no more, each with what stands in its place.  Pure.

A server does not start by a file with one of them in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgx_base.failure import Failure
from pgx_base.text import quoted

_ALWAYS = 0
# By name: the first major version that refuses it, and what is to be written instead.
_GONE: dict[bytes, tuple[int, str]] = {
    b"replication_timeout": (
        _ALWAYS,
        "Write wal_sender_timeout and wal_receiver_timeout, such as 5400ms and 4s.",
    ),
    b"wal_keep_segments": (
        13,
        "Write wal_keep_size, of 16MB for each segment; or max_slot_wal_keep_size alone.",
    ),
    b"checkpoint_segments": (
        _ALWAYS,
        "Write max_wal_size, of 48MB for each segment.",
    ),
    b"standby_mode": (12, "Remove it: mc_ctl setup makes the file standby.signal."),
    b"trigger_file": (12, "Remove it: mc_ctl switch promotes."),
    b"promote_trigger_file": (16, "Remove it: mc_ctl switch promotes."),
    b"vacuum_defer_cleanup_age": (16, "Remove it; or write hot_standby_feedback = on."),
    b"stats_temp_directory": (15, "Remove it."),
    b"unix_socket_directory": (_ALWAYS, "Write unix_socket_directories."),
    b"backup_destination": (
        _ALWAYS,
        "Remove it, and write it into serverIdentifier.conf: pgx_dmpall reads it there.",
    ),
}


def problems(
    lines: Iterable[tuple[str, int, bytes]], major: int, file: str = ""
) -> list[Failure]:
    """Return each of *lines*, file, line and name, that version *major* refuses.

    *file*: what they are all said to stand in, where it is given.
    """
    return [
        Failure(
            f"configuration file {quoted(file or where)} sets "
            f"{name.decode()}, which PostgreSQL {major} does not have",
            detail=f"It stands in line {number}; a server does not start by it.",
            hint=_GONE[name][1],
        )
        for where, number, name in lines
        if name in _GONE and major >= _GONE[name][0]
    ]
