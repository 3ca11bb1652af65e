"""Hands: children that do what may block, while the controller's loop goes on.

A hand is forked from the controller, runs one function, and says what it has to say
through a pipe.  One that may write what the next controller reads keeps the locks of this
one, so that the next cannot begin meanwhile.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from pgx_base import prologue
from pgx_base.failure import Failure
from pgx_base.forked import Forked
from pgx_mirror.hands.line import (
    HEAD,
    Ended,
    Line,
    Parts,
    Said,
    in_parts,
    in_words,
)

_CHUNK = 1 << 16


class Hand:
    """One child at work on *job*, which is called with a Line and *arguments*."""

    def __init__(
        self, job: Callable[..., Any], arguments: tuple[Any, ...], keep: frozenset[int]
    ):
        """Raises OSError: no descriptors, no process."""
        self._heard = bytearray()
        self._ended = False
        self._process = Forked(partial(_work, job, arguments, keep))
        self.fd = self._process.fd

    def tell(self, value: object) -> None:
        """Tell the hand *value*; one that has ended hears nothing, one that hangs is ended."""
        data = pickle.dumps(value)
        self._process.tell(HEAD.pack(len(data)) + data)

    def hear(self) -> list[Said | Ended]:
        """Return what it has said; its last word is told once, also where it has died."""
        while True:
            try:
                data = os.read(self.fd, _CHUNK)
            except BlockingIOError:
                return self._messages()
            if not data:
                said = self._messages()
                return said if self._ended else [*said, self._died()]
            self._heard += data

    def _messages(self) -> list[Said | Ended]:
        found: list[Said | Ended] = []
        while len(self._heard) >= HEAD.size and not self._ended:
            (size,) = HEAD.unpack_from(self._heard)
            if len(self._heard) < HEAD.size + size:
                break
            message = pickle.loads(self._heard[HEAD.size : HEAD.size + size])  # noqa: S301
            del self._heard[: HEAD.size + size]
            self._ended = isinstance(message, Ended)
            found.append(message)
        return found

    def _died(self) -> Ended:
        self._ended = True
        return Ended(problem="the process at work on it has ended")

    def close(self, within: float = 0.0) -> None:
        """End it if it has not ended, and let go of it, dead or after so many seconds."""
        self._process.close(within)

    def leave(self) -> None:
        """Let go of it: it sees that nobody hears it, and ends when it will."""
        self._process.leave()


def reap() -> None:
    """Let the kernel forget the hands that have ended; none is waited for."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _work(
    job: Callable[..., Any],
    arguments: tuple[Any, ...],
    keep: frozenset[int],
    reads: int,
    says: int,
) -> NoReturn:
    """Run *job* and say how it has ended; never returns."""
    line = Line(says, reads)
    try:
        prologue.ordinary_signals()
        prologue.close_all_but(keep | {0, 1, 2, reads, says})
        value, problem = None, ""
        parts: tuple[Parts, ...] = ()
        try:
            value = job(line, *arguments)
        except Failure as ex:
            problem, parts = in_words(ex), in_parts(ex)
        except OSError as ex:
            problem = f"{ex.filename}: {ex.strerror}" if ex.filename else str(ex)
        except Exception as ex:  # noqa: BLE001  # it must say something, whatever happened
            problem = f"{type(ex).__name__}: {ex}"
        line.end(value, problem, parts)
    finally:
        os._exit(0)
