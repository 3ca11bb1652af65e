"""What the worker writes to stderr, handed on by its parent.

RMS reads a script's output to its end.  A worker that hangs in the kernel cannot be ended
and would keep the caller's pipe open; so it never has it.
"""

from __future__ import annotations

import os

from pgx_base import report

_MOST = 1 << 16


class Relay:
    """A pipe from the worker's descriptor 2 to the parent's."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the worker has written."""
        return self._reader

    def be_worker(self) -> None:
        """Write here from now on, and keep none of the caller's descriptors."""
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        for source, fd in ((null, 0), (null, 1), (self._writer, 2)):
            os.dup2(source, fd)
        for fd in (null, self._reader, self._writer):
            os.close(fd)

    def be_parent(self) -> None:
        """Leave the worker's end to the worker."""
        os.close(self._writer)
        os.set_blocking(self._reader, False)

    def hand_on(self) -> bool:
        """Hand on what there is, without waiting for more; False at the end."""
        try:
            while data := os.read(self._reader, _MOST):
                report.bytes_to_stderr(data)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        """Hand on no more."""
        os.close(self._reader)
