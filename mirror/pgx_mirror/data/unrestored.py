"""A restore by pgx_rcvall that has begun and not ended: a file in the data directory says so.

It is durable before anything of the directory is touched, and goes when the recovered
database is in its place.  As long as it is there nothing is started on the directory.
"""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.text import quoted

OURS = "pgx_rcvall."  # what everything of a restore begins with, in a data directory
NOTE = f"{OURS}note"


def is_there(data: str) -> bool:
    """Whether a restore of *data* was not finished; what cannot be looked at has none."""
    return os.path.lexists(f"{data}/{NOTE}")


def check(data: str) -> None:
    """Refuse a start, or a setup, on what is not whole.  Raises Failure."""
    if is_there(data):
        raise Failure(
            f"data directory {quoted(data)} is not whole: its restore was not finished",
            hint="Run pgx_rcvall again.",
        )
