"""What does pgx_online do next?

Pure: from what was found to one step.  The shell takes the step, looks again and
asks again, until a step ends it.  An Online that was killed at any instant is thus
continued by the next one, which finds what it left.

    a live postmaster of the directory
        Faulted by its record or by the monitor's rules    Stop, immediate
        not named by its own PID file                      Stop, fast (LookAgain while it is young)
        stopping                                           Stop, fast
        starting                                           Adopt, joining its start
        otherwise, also Online                             Adopt
    no postmaster
        processes of the instance are left                 EndOrphans
        a server runs that may be the instance's           Doubt
        the PID file is a standalone backend's             Refuse
        a directory, FIFO or link has the PID file's name  RefuseOddity
        the PID file is stale, proven                      Start, as that process's grandchild
        the PID file names nobody                          Start, once it is out of the way
        otherwise                                          Start
"""

from __future__ import annotations

from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_base.light.typing import assert_never

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

Mode: TypeAlias = "Literal['fast', 'immediate']"


@dataclass(frozen=True, slots=True)
class Server:
    """A live postmaster of the data directory: PID and start (clock ticks).

    *young*: it may not have written its PID file yet.
    """

    pid: int
    start: int
    young: bool = False

    @property
    def ident(self) -> Ident:
        """PID and start."""
        return self.pid, self.start


@dataclass(frozen=True, slots=True)
class NoPidFile:
    """postmaster.pid is not there."""


@dataclass(frozen=True, slots=True)
class BadPidFile:
    """postmaster.pid names nobody (empty, NULs, garbage); PostgreSQL itself refuses it."""


@dataclass(frozen=True, slots=True)
class OddPidFile:
    """What has the name of postmaster.pid is no regular file, *what* says."""

    what: str


@dataclass(frozen=True, slots=True)
class UnreadablePidFile:
    """postmaster.pid is there and cannot be read, *why*: it proves nothing of a server."""

    why: str = ""


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


PidFile: TypeAlias = (
    NoPidFile | BadPidFile | OddPidFile | UnreadablePidFile | Standalone | Named
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look has found.

    *faulted* is the server that the record calls Faulted, *condemned* the one that the
    monitor's rules have called so in this run; each by PID and start, which may be another
    server's than the one that runs.  *orphans* are texts that name processes of the
    instance without a living postmaster, *unproven* such as name servers of which nothing
    proves whose they are.
    """

    pid_file: PidFile
    servers: tuple[Server, ...] = ()
    faulted: Ident | None = None
    orphans: tuple[str, ...] = ()
    condemned: Ident | None = None
    unproven: tuple[str, ...] = ()


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
class RefuseOddity:
    """Start nothing: the server would hang at it, follow it, or fail."""

    what: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Start nothing: one of these may be a server of the instance."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """Start the server; *grandparent* is the proven-stale PID of its PID file.

    *broken*: the file names nobody, and the server refuses while it is there.
    """

    grandparent: int | None = None
    broken: bool = False


Step: TypeAlias = (
    Adopt | LookAgain | Stop | EndOrphans | Refuse | RefuseOddity | Doubt | Start
)


def next_step(facts: Facts) -> Step:
    """Return what pgx_online has to do next."""
    match facts.servers:
        case ():
            return _without_server(facts)
        case (server,):
            return _with_server(facts, server)
        case _:
            return _with_server(facts, _least_wanted(facts))


def is_ours_to_stop(facts: Facts, ours: Ident, *, forked: bool) -> bool:
    """Whether what is there may be stopped because *ours* did not come up.

    Nothing but a server that this Online *forked*, or has joined and which starts still.
    """
    others = any(server.ident != ours for server in facts.servers)
    if others or isinstance(facts.pid_file, Standalone):
        return False
    return forked or facts.pid_file == Named(ours[0], "starting")


def _names(facts: Facts, server: Server) -> bool:
    """Whether the PID file names *server*; one that cannot be read is no proof against it."""
    match facts.pid_file:
        case Named(pid=pid):
            return pid == server.pid
        case UnreadablePidFile() | OddPidFile():
            return len(facts.servers) == 1
        case _:
            return False


def _least_wanted(facts: Facts) -> Server:
    unnamed = [server for server in facts.servers if not _names(facts, server)]
    return unnamed[0] if unnamed else facts.servers[0]


def _with_server(facts: Facts, server: Server) -> Step:
    if facts.condemned == server.ident:
        return Stop(server, "immediate", "the monitor's rules call it Faulted")
    if facts.faulted == server.ident:
        return Stop(server, "immediate", "the resource is Faulted")
    if not _names(facts, server):
        return _unnamed(server)
    if _status(facts.pid_file) == "stopping":
        return Stop(server, "fast", "it is shutting down")
    return Adopt(server, joining=_status(facts.pid_file) == "starting")


def _unnamed(server: Server) -> Step:
    if server.young:
        return LookAgain("a server has just been started and has no PID file yet")
    return Stop(server, "fast", "its PID file does not name it")


def _status(pid_file: PidFile) -> str:
    return pid_file.status if isinstance(pid_file, Named) else ""


def _without_server(facts: Facts) -> Step:  # noqa: RET503  # assert_never returns never
    if facts.orphans:
        return EndOrphans(facts.orphans)
    if facts.unproven:
        return Doubt(facts.unproven)
    match facts.pid_file:
        case NoPidFile() | UnreadablePidFile():
            return Start()
        case BadPidFile():
            return Start(broken=True)
        case OddPidFile(what=what):
            return RefuseOddity(what)
        case Standalone(pid=pid):
            return Refuse(pid)
        case Named(pid=pid, stale=stale):
            return Start(pid if stale else None)
        case _ as never:
            assert_never(never)
