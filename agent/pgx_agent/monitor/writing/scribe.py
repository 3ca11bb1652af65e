"""The record and the trace, written by a child: a work directory that hangs holds it up alone.

A write into a frozen file system waits in the kernel, and cannot be ended.  A loop that
waited there would judge no silence.  The child holds monitor.lock as its parent does: who
finds the lock free knows that nobody writes the record any more.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import time

from pgx_agent.monitor.writing.keeper import Keeper, Superseded
from pgx_base.trace import Trace
from pgx_pclrsc import record

_RECORD, _VERDICT, _TRACE = b"R", b"V", b"T"
_DONE, _SUPERSEDED, _FAILED = b"D", b"S", b"F"
_PACKET, _HEAD = 1 << 16, 16
_PATIENCE = 2.0  # seconds a write may take before the work directory counts as hanging
_HANGS = OSError(errno.ETIMEDOUT, "its file system does not answer")


class Scribe:
    """Has *keeper* keep the record, and *trace* written, without waiting for either."""

    def __init__(self, keeper: Keeper, trace: Trace) -> None:
        self.kept = keeper.kept
        self._keeper = keeper
        self._trace = trace
        self._sent: float | None = None  # when what is being written was handed over
        self._again = False
        self._failed: OSError | None = None
        self._begin()

    def _begin(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        self._child = os.fork()
        if self._child == 0:
            _serve(theirs, self._keeper, self._trace)
        theirs.close()
        self._sent = None

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when `hear` has something to hear."""
        return self._line.fileno()

    def limit_trace(self, kb: int) -> None:
        """Let a trace file have *kb* KB from the next line on."""
        self._trace.limit_kb = kb

    def write(self, text: str) -> None:
        """Have *text* written to the trace; it is dropped where there is no getting through."""
        data = text.encode("utf-8", "surrogateescape")
        head = _TRACE + b"%d " % self._trace.limit_kb
        for at in range(0, len(data), _PACKET):
            self._send(head + data[at : at + _PACKET])

    def keep(self) -> None:
        """Have the record written as it is now, good for a while.  Raises Superseded."""
        self.hear()
        self._keeper.stamp()
        self._hand_over()

    def _hand_over(self) -> None:
        kind = _VERDICT if self.kept.state == record.FAULTED else _RECORD
        if self._sent is not None:
            self._again = True
        elif self._send(kind + record.encode(self.kept)):
            self._sent, self._again = time.monotonic(), False

    def _send(self, message: bytes) -> bool:
        try:
            self._line.send(message)
        except OSError:
            return False  # it hangs; its end is heard of
        return True

    def hear(self) -> None:
        """Take note of what became of what was handed over.  Raises Superseded."""
        while True:
            try:
                said = self._line.recv(_PACKET)
            except BlockingIOError:
                return
            except ConnectionResetError:
                said = b""
            if said:
                self._note(said)
            else:
                self._replace()

    def _note(self, said: bytes) -> None:
        self._sent = None
        self._failed = None
        kind, text = said[:1], said[1:].decode("utf-8", "replace")
        if kind == _SUPERSEDED:
            raise Superseded(text)
        if kind == _FAILED:
            number, _, why = text.partition(" ")
            self._failed = OSError(int(number), why)
        if self._again:
            self._hand_over()

    def _replace(self) -> None:
        """Begin another child: this one was killed."""
        os.waitpid(self._child, 0)
        self._line.close()
        self._begin()
        self._hand_over()

    def settle(self, seconds: float) -> None:
        """Wait until the record is written, for *seconds* at most.  Raises Superseded."""
        until = time.monotonic() + seconds
        while self._sent is not None and (left := until - time.monotonic()) > 0:
            if select.select([self._line], [], [], left)[0]:
                self.hear()

    def problem(self) -> OSError | None:
        """Return why the record cannot be kept, None where it can."""
        if self._sent is not None and time.monotonic() - self._sent > _PATIENCE:
            return _HANGS
        return self._failed

    def is_kept(self) -> bool:
        """Whether the record says what it should."""
        return self._sent is None and self._failed is None


def _serve(line: socket.socket, keeper: Keeper, trace: Trace) -> None:
    """Write until the parent is gone, and all that it has handed over; never returns."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        trace.close()  # the next line opens it, for us alone
        _close_all_but({0, 1, 2, line.fileno(), *keeper.descriptors()})
        while message := _next(line):
            kind, body = message[:1], message[1:]
            if kind == _TRACE:
                limit, _, text = body.partition(b" ")
                trace.limit_kb = int(limit)
                trace.write(text.decode("utf-8", "surrogateescape"))
            else:
                _answer(line, _put(keeper, body, final=kind == _VERDICT))
    finally:
        os._exit(0)


def _next(line: socket.socket) -> bytes:
    """Return what was handed over next, nothing once the parent is gone and all was read."""
    try:
        return line.recv(_PACKET + _HEAD)
    except ConnectionResetError:  # said once, where it has ended without hearing us
        return line.recv(_PACKET + _HEAD)


def _answer(line: socket.socket, said: bytes) -> None:
    try:
        line.send(said, socket.MSG_NOSIGNAL)
    except OSError:
        pass  # the parent has ended; what comes behind may be the evidence of a fault


def _put(keeper: Keeper, content: bytes, *, final: bool) -> bytes:
    try:
        keeper.put(content, final=final)
    except Superseded as ex:
        return _SUPERSEDED + str(ex).encode()
    except OSError as ex:
        return _FAILED + f"{ex.errno or errno.EIO} {ex.strerror or ex}".encode()
    return _DONE


def _close_all_but(kept: set[int]) -> None:
    """Close what is our parent's: what it holds must end with it, whatever we wait for."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the one that the list was read through
