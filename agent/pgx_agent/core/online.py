"""What does pgx_online do next?

Pure: from what was found to one step.  The shell takes the step, looks again and
asks again, until a step ends it.  An Online that was killed at any instant is thus
continued by the next one, which finds what it left.

    a live postmaster of the directory
        Faulted by the record or by the monitor's rules   Stop, immediate
        not named by its own PID file                      Stop, fast (LookAgain while it is young)
        stopping                                           Stop, fast
        Online, its record fresh and watched               Leave
        starting                                           Adopt, joining its start
        otherwise                                          Adopt
    no postmaster
        processes of the instance are left                 EndOrphans
        the PID file is a standalone backend's             Refuse
        the PID file is stale, proven                      Start, as that process's grandchild
        otherwise                                          Start
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

# A server writes its PID file in its first moments; a younger one may yet do so.
YOUNG = 5.0  # seconds

State: TypeAlias = Literal["none", "starting", "online", "faulted"]
Mode: TypeAlias = Literal["fast", "immediate"]


@dataclass(frozen=True, slots=True)
class Server:
    """A live postmaster of the data directory: PID, start (clock ticks), age in seconds."""

    pid: int
    start: int
    age: float = 3600.0


@dataclass(frozen=True, slots=True)
class NoPidFile:
    """postmaster.pid is not there."""


@dataclass(frozen=True, slots=True)
class BadPidFile:
    """postmaster.pid is empty or garbled; PostgreSQL itself refuses it."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """postmaster.pid belongs to a standalone backend (postgres --single)."""

    pid: int


@dataclass(frozen=True, slots=True)
class Named:
    """postmaster.pid names *pid*; *status* is its line 8.

    *stale*: /proc proves that the process is dead, a zombie, or no postmaster of this
    directory.
    """

    pid: int
    status: str = ""
    stale: bool = False


PidFile: TypeAlias = NoPidFile | BadPidFile | Standalone | Named


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look has found.

    *state* is the record's, Faulted also when the record says Online of a postmaster that
    is gone.  *watched*: the record is fresh, the monitor's lock is held, and *recorded*
    (PID and start) is what it speaks of.  *orphans* are texts that name processes of the
    instance without a living postmaster.  *condemned* is the server that the monitor's
    rules have called Faulted in this run.
    """

    pid_file: PidFile
    servers: tuple[Server, ...] = ()
    state: State = "none"
    watched: bool = False
    recorded: tuple[int, int] | None = None
    orphans: tuple[str, ...] = ()
    condemned: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The instance is Online and watched: nothing is to be done."""

    server: Server


@dataclass(frozen=True, slots=True)
class Adopt:
    """Have the monitor judge a running server; *joining*: its start goes on still."""

    server: Server
    joining: bool


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Look again in a moment."""

    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop a running server, then look again."""

    server: Server
    mode: Mode
    why: str


@dataclass(frozen=True, slots=True)
class EndOrphans:
    """End what a dead postmaster has left, then look again."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Start nothing: a standalone backend may be at work."""

    standalone: int


@dataclass(frozen=True, slots=True)
class Start:
    """Start the server; *grandparent* is the proven-stale PID of its PID file."""

    grandparent: int | None = None


Step: TypeAlias = Leave | Adopt | LookAgain | Stop | EndOrphans | Refuse | Start


def next_step(facts: Facts) -> Step:
    """Return what pgx_online has to do next."""
    match facts.servers:
        case ():
            return _without_server(facts)
        case (server,):
            return _with_server(facts, server)
        case several:
            return _with_server(facts, _least_wanted(facts.pid_file, several))


def ends(step: Step) -> bool:
    """Whether nothing is planned after *step*, provided that it succeeds."""
    return isinstance(step, (Leave, Adopt, Refuse, Start))


def _names(pid_file: PidFile, server: Server) -> bool:
    return isinstance(pid_file, Named) and pid_file.pid == server.pid


def _least_wanted(pid_file: PidFile, servers: tuple[Server, ...]) -> Server:
    unnamed = [server for server in servers if not _names(pid_file, server)]
    return unnamed[0] if unnamed else servers[0]


def _with_server(facts: Facts, server: Server) -> Step:
    key = (server.pid, server.start)
    if facts.condemned == key:
        return Stop(server, "immediate", "the monitor's rules call it Faulted")
    if facts.state == "faulted":
        return Stop(server, "immediate", "the resource is Faulted")
    if not _names(facts.pid_file, server):
        return _unnamed(server)
    if _status(facts.pid_file) == "stopping":
        return Stop(server, "fast", "it is shutting down")
    if facts.state == "online" and facts.watched and facts.recorded == key:
        return Leave(server)
    return Adopt(server, joining=_status(facts.pid_file) == "starting")


def _unnamed(server: Server) -> Step:
    if server.age < YOUNG:
        return LookAgain("a server has just been started and has no PID file yet")
    return Stop(server, "fast", "its PID file does not name it")


def _status(pid_file: PidFile) -> str:
    return pid_file.status if isinstance(pid_file, Named) else ""


def _without_server(facts: Facts) -> Step:
    if facts.orphans:
        return EndOrphans(facts.orphans)
    match facts.pid_file:
        case NoPidFile() | BadPidFile():
            return Start()
        case Standalone(pid=pid):
            return Refuse(pid)
        case Named(pid=pid, stale=stale):
            return Start(pid if stale else None)
        case _ as never:
            assert_never(never)
