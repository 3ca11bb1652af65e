"""Both halves of a trace, as they are on disk: no link is followed, no FIFO waited for."""

from __future__ import annotations

import os
from typing import NamedTuple

from pgx_base import files, trace

LARGEST = 48 << 20  # bytes of each half, the last ones


class Halves(NamedTuple):
    """The text of both, the older first, and what is to be known of each, in words."""

    text: str
    notes: list[str]


def read(directory: str) -> Halves:
    """Return the trace in *directory*.

    Raises OSError; FileNotFoundError, which names *directory*, where there is none.
    """
    text, notes = "", []
    new, old = open_both(directory)
    for name, fd in ((trace.OLD, old), (trace.FILE, new)):
        if fd is not None:
            data, cut = _tail(fd)
            notes.append(f"{directory}/{name}: {len(data):,} bytes{cut}.")
            text += data.decode("utf-8", "replace") + "\n"
    return Halves(text, notes)


def open_both(directory: str) -> tuple[int | None, int | None]:
    """Return descriptors of the newer half and of the older.  Raises as `read`."""
    dir_fd = files.open_workdir(directory)
    try:
        # The newer first: should it be rotated now, the older is found to be the same.
        new, old = _open(dir_fd, trace.FILE), _open(dir_fd, trace.OLD)
    finally:
        os.close(dir_fd)
    if new is None and old is None:
        raise FileNotFoundError(0, "there is no trace", directory)
    if new is not None and old is not None and _is_same(new, old):
        os.close(old)
        old = None
    return new, old


def _open(dir_fd: int, name: str) -> int | None:
    try:
        return files.open_regular(dir_fd, name)
    except FileNotFoundError:
        return None


def _is_same(one: int, other: int) -> bool:
    return os.path.samestat(os.fstat(one), os.fstat(other))


def _tail(fd: int) -> tuple[bytes, str]:
    """Return the end of *fd*, and in words that it is only the end; closes it."""
    with open(fd, "rb") as file:
        size = os.fstat(fd).st_size
        file.seek(max(0, size - LARGEST))
        data = file.read(LARGEST)
    return data, f", the last of {size:,}" if size > LARGEST else ""
