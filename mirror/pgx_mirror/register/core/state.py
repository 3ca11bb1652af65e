"""What the register knows: what of it is on disk, and what it only remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pgx_mirror.core.cell import Cell
from pgx_mirror.register.core.words import Beat, Enrol


@dataclass(frozen=True, slots=True)
class Kept:
    """What is on disk before any answer tells of it.

    identity  32 hex digits, random, of this directory for ever: state lost is another one
    system    PostgreSQL's system identifier of the pair, empty before the cell begins
    cell      None until both servers have enrolled
    """

    identity: str
    system: str = ""
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A server's last word, and when (seconds of the monotonic clock)."""

    beat: Beat
    at: float


@dataclass(frozen=True, slots=True)
class Fence:
    """A call of fencing_command for the sake of *who*, which asks in *epoch*.

    began, ended  seconds of the monotonic clock; None while it runs
    done          it has said that the processes of the other server have ended
    """

    who: str
    epoch: int
    began: float
    ended: float | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The register.

    kept      what is on disk
    servers   the two identifiers in network.conf
    began     when this process began to listen
    heard     who was heard last when, connected or not
    enrolled  what is enrolled by whom, while its connection lives
    silence   after how many seconds a server is silent, by arbitration.conf; its own limit
              counts where it is shorter
    fences    whether there is a fencing_command; fence: its last call, volatile
    """

    kept: Kept
    servers: tuple[str, str]
    began: float
    heard: Mapping[str, Heard] = field(default_factory=dict)
    enrolled: Mapping[str, Enrol] = field(default_factory=dict)
    silence: float = float("inf")
    fences: bool = False
    fence: Fence | None = None

    def other(self, who: str) -> str:
        """Return the identifier of the peer of *who*."""
        first, second = self.servers
        return second if who == first else first

    def is_heard(self, who: str, now: float) -> bool:
        """Whether *who* was heard within its limit."""
        last = self.heard.get(who)
        return last is not None and now < last.at + self.limit(last.beat)

    def limit(self, beat: Beat) -> float:
        """Return after how many seconds who said *beat* counts as silent."""
        return min(beat.limit, self.silence)


def gone(state: State, who: str) -> State:
    """Return *state* after the connection of *who* has ended: what it enrolled is void."""
    rest = {name: word for name, word in state.enrolled.items() if name != who}
    return replace(state, enrolled=rest)


def late(state: State, gap: float) -> State:
    """Return *state* after this process was not run for *gap* seconds.

    What was said meanwhile may still be on its way: nobody counts as silent for that time.
    """
    heard = {
        name: replace(last, at=last.at + gap) for name, last in state.heard.items()
    }
    fence = state.fence
    if fence is not None and fence.ended is not None:
        fence = replace(fence, ended=fence.ended + gap)
    return replace(state, began=state.began + gap, heard=heard, fence=fence)
