"""The line between the two halves of a transition: both of its ends, and what is said.

A packet is a few words with a NUL between them.  The first says what it is about; an
answer begins with the same one.
"""

from __future__ import annotations

from pgx_base.light import socket

_LONGEST = 1 << 16  # bytes

# Told by the worker, and not answered.
PHASE = "phase"
# Asked by the worker: what only root can look at, and what only root can keep under /run.
BYSTANDERS = "bystanders"
ENTRY, FORGET, STOPPED = "entry", "forget", "stopped"
BEACON, FAULTED = "beacon", "faulted"


class ParentGone(Exception):
    """The script that RMS started is gone: end at once, the next one does the work anew."""


class _End:
    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def fileno(self) -> int:
        """Return the descriptor that is readable when something came, or the other is gone."""
        return self._end.fileno()

    def close(self) -> None:
        """Close this end."""
        self._end.close()

    def _send(self, words: tuple[str, ...]) -> None:
        self._end.send("\0".join(words).encode()[:_LONGEST])

    def _receive(self) -> list[str]:
        """Return the words of one packet, none when the other end is closed."""
        packet = self._end.recv(_LONGEST)
        return packet.decode("utf-8", "replace").split("\0") if packet else []


class WorkersEnd(_End):
    """Where the worker tells and asks."""

    def tell(self, *words: str) -> None:
        """Say something that is not answered.  Raises ParentGone."""
        try:
            self._send(words)
        except OSError as ex:
            raise ParentGone from ex

    def ask(self, *words: str) -> list[str]:
        """Return the answer without its first word.  Raises ParentGone."""
        self.tell(*words)
        try:
            answer = self._receive()
        except OSError as ex:
            raise ParentGone from ex
        if not answer:
            raise ParentGone
        return answer[1:]


class ParentsEnd(_End):
    """Where the parent is told and asked."""

    def next(self) -> list[str]:
        """Return what was told or asked, no words when the worker has closed its end."""
        return self._receive()

    def answer(self, *words: str) -> None:
        """Answer; a worker that is gone needs none, and its pidfd tells."""
        try:
            self._send(words)
        except OSError:
            pass


def pair() -> tuple[ParentsEnd, WorkersEnd]:
    """Return both ends of a new line."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return ParentsEnd(ours), WorkersEnd(theirs)
