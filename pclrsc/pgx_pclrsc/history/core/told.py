"""What a trace has told, once it is read from its first line to its last.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from pgx_pclrsc.history.core.latency import Minute

ONLINE, OFFLINE, FAULTED = "Online", "Offline", "Faulted"
STARTING, STOPPING, DOUBTED = "starting", "stopping", "questions fail"
LEFT, UNKNOWN = "not all stopped", "not known"
SERVING = frozenset({ONLINE, DOUBTED})


@dataclass(slots=True)
class State:
    """From *begin* to *end* the resource was in *state*."""

    begin: float
    end: float
    state: str


@dataclass(slots=True)
class Run:
    """A run of a script; *end* and *code* are None where its end is not in the trace.

    *asked* is what its caller has said, *did* and *because* what it has decided.  *said*
    are its errors and warnings, *steps* what it has done about the server's processes;
    *undone*: it has stopped again what it had started.
    """

    script: str
    pid: int
    begin: float
    asked: str = ""
    end: float | None = None
    code: int | None = None
    did: str = ""
    because: str = ""
    steps: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    undone: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether it ended otherwise than with 0."""
        return self.code is not None and self.code != 0


@dataclass(slots=True)
class Failed:
    """A question without an answer: one of so many in a row, and why."""

    at: float
    failures: str
    allowed: str
    reason: str


@dataclass(slots=True)
class Fault:
    """A verdict of Faulted; *since* is when the server answered last, None if not told.

    *failed* led to it, *evidence* is what was seen then.
    """

    at: float
    reason: str
    since: float | None
    failed: list[Failed]
    evidence: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """All of it."""

    states: list[State] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    minutes: list[Minute] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    set_back: list[tuple[float, float]] = field(default_factory=list)
    last: float = 0.0
