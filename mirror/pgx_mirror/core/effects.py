"""What is to be done: each takes one of the resources until its outcome is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pgx_mirror.core.cell import Cell
from pgx_mirror.core.mark import Mark


@dataclass(frozen=True, slots=True)
class WriteMark:
    """Make *mark* durable."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class WriteNames:
    """Make synchronous_standby_names in postgresql.conf *names*, and have it read."""

    names: str


@dataclass(frozen=True, slots=True)
class Start:
    """Start the server."""


@dataclass(frozen=True, slots=True)
class StopServer:
    """Stop the server, and wait until nothing of the instance is left.

    *checkpoint*: make one first, while commits go on: the server's own is short then.
    """

    mode: str
    because: str
    checkpoint: bool = False


@dataclass(frozen=True, slots=True)
class Promote:
    """Call pg_promote."""


@dataclass(frozen=True, slots=True)
class AskForPen:
    """Ask the register for *epoch*'s pen, by compare-and-set."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Lift:
    """Tell the register what a holder's mark says."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Bear:
    """Make the application_name in primary_conninfo *name*."""

    name: str


@dataclass(frozen=True, slots=True)
class ProveOff:
    """Prove that commits do not wait, and that nothing older is on its way."""


@dataclass(frozen=True, slots=True)
class ProveOn:
    """Prove that commits wait; keep that commit waiting, and nudge until it is free."""


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Call the program of parameter *kind*, a name of `core.commands`, with *arguments*."""

    kind: str
    arguments: tuple[str, ...]


Effect: TypeAlias = (
    WriteMark
    | WriteNames
    | Start
    | StopServer
    | Promote
    | AskForPen
    | Lift
    | Bear
    | ProveOff
    | ProveOn
    | RunCommand
)
