"""Files that a command line names: read in a child, since their disk may hang."""

from __future__ import annotations

import os
import stat
from functools import partial

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, NotSeen, ask


def end_of(file: str, largest: int) -> tuple[str, int]:
    """Return the last *largest* bytes of *file* as text, and its size.  Raises Failure."""
    job = Job(partial(_read, os.path.abspath(file), largest))
    found = ask({"file": job}).take("file", tuple[str, int])
    if isinstance(found, Unknown):
        raise Failure(f"could not read file {quoted(file)}: {found.why}")
    return found


def _read(path: str, largest: int) -> tuple[str, int]:
    """Raises OSError, NotSeen."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):  # open() refuses a directory by its number
        os.close(fd)
        raise NotSeen("it is no regular file", expected=False)
    with open(fd, "rb") as file:
        file.seek(max(0, found.st_size - largest))
        return file.read(largest).decode("utf-8", "replace"), found.st_size
