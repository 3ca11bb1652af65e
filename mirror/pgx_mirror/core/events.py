"""What a controller is told.  Each outcome gives back the resource of its effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pgx_mirror.core.cell import Cell
from pgx_mirror.core.facts import Force
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.report import Report
from pgx_mirror.core.seen import Seen


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The peer has sent its report."""

    report: Report


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at our own server, which began at *began*, has come back."""

    seen: Seen
    began: float


@dataclass(frozen=True, slots=True)
class Judged:
    """The watch has found the server at fault, or well again (an empty *fault*)."""

    fault: str


@dataclass(frozen=True, slots=True)
class DiskIs:
    """The disk monitoring says what is wrong, empty for nothing."""

    fault: str


@dataclass(frozen=True, slots=True)
class ServerIs:
    """The instance's processes are as *server* says (`core.report`).

    *standby*: the data directory has standby.signal.
    """

    server: str
    standby: bool


@dataclass(frozen=True, slots=True)
class Wrote:
    """A mark is durable."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class MarkFailed:
    """A mark could not be written; *unsure*: the old and the new one are both possible."""

    why: str
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class NamesAre:
    """postgresql.conf is durable, and was read by a server that runs."""

    names: str
    real_name: str


@dataclass(frozen=True, slots=True)
class NamesFailed:
    """postgresql.conf could not be written, or the server does not read it."""

    why: str


@dataclass(frozen=True, slots=True)
class Bears:
    """primary_conninfo names us so; empty *name*: it could not be changed."""

    name: str


@dataclass(frozen=True, slots=True)
class Started:
    """The server takes connections, or *why* it does not."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stop has come to its end: *left* names what is left of the instance.

    *at*: position of the checkpoint of a clean shutdown, 0 without one.
    """

    left: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Promoted:
    """pg_promote has come to its end; *why* it did not promote, *ended*: the server is gone."""

    why: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class RegisterIs:
    """The register is reached, with this identity; empty: it is away."""

    identity: str
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The register has answered a request of ours: *cell* is what it holds now.

    None: the answer is not known, so it is read again.  *again*: seconds until the same may
    be asked again, where it has decided nothing.
    """

    cell: Cell | None
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class ProvedOff:
    """Commits do not wait."""


@dataclass(frozen=True, slots=True)
class ProvedOn:
    """A commit is seen waiting; *barrier* is the insert position read after that."""

    barrier: int


@dataclass(frozen=True, slots=True)
class ProofFailed:
    """A proof could not be had."""

    why: str


@dataclass(frozen=True, slots=True)
class Freed:
    """The commit that waited has returned; it ends at *position*."""

    position: int


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """The program of parameter *kind* has ended with 0, or *why* that is not so."""

    kind: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wished:
    """An operator's word: one of the wishes in `core.facts`, by *force* or not."""

    wish: str
    force: Force | None = None


@dataclass(frozen=True, slots=True)
class Enabled:
    """enable-failover or disable-failover."""

    failover: bool


Event: TypeAlias = (
    Tick
    | Heard
    | Looked
    | Judged
    | DiskIs
    | ServerIs
    | Wrote
    | MarkFailed
    | NamesAre
    | NamesFailed
    | Bears
    | Started
    | Stopped
    | Promoted
    | RegisterIs
    | Answered
    | ProvedOff
    | ProvedOn
    | ProofFailed
    | Freed
    | CommandEnded
    | Wished
    | Enabled
)
