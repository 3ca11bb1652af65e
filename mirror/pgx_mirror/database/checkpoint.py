"""A checkpoint, on request."""

from __future__ import annotations

from pgx_mirror.database.access import Access
from pgx_mirror.database.opening import open_session


def checkpoint(access: Access, within: float) -> None:
    """Have the server make a checkpoint, as fast as it can, within so many seconds.

    Raises Refused, TooLate, Lost; after TooLate it goes on.
    """
    with open_session(access, within) as session:
        session.ask("checkpoint", within)
