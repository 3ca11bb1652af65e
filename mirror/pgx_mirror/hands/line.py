"""A hand's own end: what it says to the controller, and what it is told."""

from __future__ import annotations

import os
import pickle
import select
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pgx_base.failure import Failure

HEAD = struct.Struct("=I")


@dataclass(frozen=True, slots=True)
class Said:
    """What a hand says while it works."""

    value: Any


Parts = tuple[str, str | None, str | None]


class Several(Failure):
    """All that is wrong at once."""

    def __init__(self, reasons: Sequence[Failure]) -> None:
        super().__init__(" ".join(map(in_words, reasons)))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Ended:
    """A hand's last word: what its function has returned, or why it has none.

    *parts*: the same reasons, each as primary, detail and hint, for who shows them.
    *begun*: whether there was a hand at all.
    """

    value: Any = None
    problem: str = ""
    parts: tuple[Parts, ...] = ()
    begun: bool = True

    @property
    def reasons(self) -> tuple[Failure, ...]:
        """What is shown of it."""
        given = self.parts or ((self.problem, None, None),)
        return tuple(Failure(p, detail=d, hint=h) for p, d, h in given)


class Line:
    """A hand's own end: what it says, and what it is told."""

    def __init__(self, write_fd: int, read_fd: int) -> None:
        self._write_fd, self._read_fd = write_fd, read_fd

    def fileno(self) -> int:
        """Return what becomes readable when the controller says something, or is gone."""
        return self._read_fd

    def say(self, value: object) -> None:
        """Tell the controller *value*."""
        _write(self._write_fd, Said(value))

    def told(self, within: float | None = None) -> Any:
        """Return what the controller says within so many seconds, None if nothing.

        Raises EOFError when it is gone.
        """
        poll = select.poll()
        poll.register(self._read_fd, select.POLLIN)
        if not poll.poll(None if within is None else within * 1000):
            return None
        return pickle.loads(_exactly(self._read_fd))  # noqa: S301  # from our own parent

    def end(self, value: object, problem: str, parts: tuple[Parts, ...] = ()) -> None:
        """Say the last word."""
        _write(self._write_fd, Ended(value, problem, parts))


def _write(fd: int, message: Said | Ended) -> None:
    data = pickle.dumps(message)
    data = HEAD.pack(len(data)) + data
    while data:
        data = data[os.write(fd, data) :]


def _exactly(fd: int) -> bytes:
    (size,) = HEAD.unpack(_read(fd, HEAD.size))
    return _read(fd, size)


def _read(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = os.read(fd, size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def in_parts(problem: Failure) -> tuple[Parts, ...]:
    """Return *problem*'s reasons as plain values."""
    reasons = problem.reasons if isinstance(problem, Several) else (problem,)
    return tuple((one.primary, one.detail, one.hint) for one in reasons)


def in_words(problem: Failure) -> str:
    """Return *problem* as one line of sentences."""
    first = f"{problem.primary.removesuffix('.')}."
    return " ".join(filter(None, [first, problem.detail, problem.hint]))
