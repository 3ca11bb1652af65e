"""What a controller hears of the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pgx_mirror.core.cell import Cell
from pgx_mirror.register.core.words import Reply, Request


@dataclass(frozen=True, slots=True)
class Reached:
    """The register answers: which one it is, and its cell.  Again at each change of either."""

    identity: str
    cell: Cell | None


@dataclass(frozen=True, slots=True)
class Away:
    """The register does not answer, and why; what it has been asked and did not answer.

    secret: it has another secret, or does not know this server.
    """

    why: str
    unanswered: tuple[Request, ...] = ()
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the register says to *request*; it was on its disk before."""

    request: Request
    reply: Reply


Event: TypeAlias = Reached | Away | Answer
