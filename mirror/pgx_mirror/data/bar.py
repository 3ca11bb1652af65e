"""No server starts on a data directory that is barred, whoever starts it.

PG_VERSION says another version then: a postmaster looks at it before anything else, and so
does pg_ctl.  pg_rewind does not, and leaves that one file alone of all that both servers
have.  What is in the file is shown by the postmaster that refuses it.
"""

from __future__ import annotations

from pgx_mirror.data import durable
from pgx_postgres.control import VERSION_FILE

# One word each, of no more than 63 characters.
SETUP = b"0-unfinished:run-mc_ctl-setup-again\n"
RESTORE = b"0-unfinished:run-pgx_rcvall-again\n"


def put(dir_fd: int, word: bytes = SETUP) -> None:
    """Bar the directory, durably.  Raises steps.Unsure, OSError."""
    durable.write(dir_fd, VERSION_FILE, word)


def lift(dir_fd: int, major: int) -> None:
    """Have it be one of PostgreSQL *major* again, durably.  Raises steps.Unsure, OSError."""
    durable.write(dir_fd, VERSION_FILE, b"%d\n" % major)


def is_there(dir_fd: int, word: bytes = SETUP) -> bool:
    """Whether the directory is barred.  Raises OSError where that cannot be told."""
    try:
        return durable.read(dir_fd, VERSION_FILE) == word
    except FileNotFoundError:
        return False
