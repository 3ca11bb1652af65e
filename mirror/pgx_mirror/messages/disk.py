"""Of the disks and what is durable on them: PGX00401 to PGX00499."""

from __future__ import annotations

from pgx_mirror.messages.message import ERROR, FATAL, LOG, WARNING, ours

FAILED = ours(
    401,
    FATAL,
    'detected an error on the disk of {what} "{path}": {reason}',
    "A file could not be written, synced or removed there (manual 5.1).",
    "With automatics on the other server goes on. Replace the disk.",
)
WELL = ours(402, LOG, 'disk of {what} "{path}" is well again', "It takes writes again.")
SLOW = ours(
    403,
    WARNING,
    'disk of {what} "{path}" takes {seconds} s for a write',
    "A checkpoint or another load keeps it busy. It is no error while the server's own "
    "writes go on.",
    "Spread checkpoints, or raise heartbeat_timeout, where it comes often.",
)
FULL = ours(
    404,
    WARNING,
    'file system of {what} "{path}" is full',
    "ENOSPC or a quota. That is no error of the disk, and the other server is no emptier.",
    "Make room: PostgreSQL stops when pg_wal cannot grow.",
)
UNTESTED = ours(
    405,
    WARNING,
    'could not test the disk of {what} "{path}": {reason}',
    "No file could be written there, for a reason that says nothing of the disk: no process "
    "or descriptor can be had, or somebody has changed permissions.",
    "Put it right; it is tried again. Until then an error of this disk is not found.",
)
MARK_NOT_WRITTEN = ours(
    407,
    ERROR,
    'could not write the mark of server "{server}": {reason}',
    "Its disk has failed or is read-only. Nothing changes until it can be written.",
    "Look at the disk. It is tried again; a server that would depend on it is stopped.",
)
