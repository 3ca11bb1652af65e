"""Looking for other users of directories, in a child that may hang without harm."""

from __future__ import annotations

import os

from pgx_base import aside
from pgx_base.idents import Key

TOO_LONG = "looking at them took too long, so there may be some"


def look(keys: list[Key], skip: set[int], seconds: float) -> list[str]:
    """Return who uses the directories *keys* (device, inode), asked for *seconds* at most.

    A stat of another process's directory may hang.  *skip* are PIDs that do not count.
    """

    def find() -> str:
        from pgx_postgres.processes import bystanders

        return "\0".join(bystanders.find(keys, skip | {os.getpid()}))

    text = aside.ask(find, seconds)
    if text is None:
        return [TOO_LONG]
    return text.split("\0") if text else []
