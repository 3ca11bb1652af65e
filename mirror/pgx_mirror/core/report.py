"""What one controller says of its server: with each heartbeat, and at each change.

All words of the protocol are in it ("out", "take it", "in sync", "I have it"): each is a
consequence of a durable mark or of the present state, so it may come late, twice or never,
and is said again with the next heartbeat.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core.mark import Mark

DOWN, STARTING, UP, STOPPING, UNSURE = "down", "starting", "up", "stopping", "unsure"
# What stands in postgresql.conf: commented out, a name that nobody bears, the peer's.
NAMES_OUT, NAMES_BARRIER, NAMES_SET = "out", "barrier", "set"


@dataclass(frozen=True, slots=True)
class Have:
    """A standby's answer to an arming's challenge: what it has flushed, and of which history."""

    challenge: str
    generation: str
    timeline: int
    flushed: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is said.

    owner, incarnation  who speaks, and in which life of its controller
    heard      the peer's incarnation that was heard last: both meet when each hears its own.
               Empty while a mark is being written, which may be one that a meeting forbids
    mark       the durable mark, None without one
    standby    the data directory is that of a standby
    server     DOWN (nothing of the instance is left), STARTING, UP, STOPPING, UNSURE
    names      what stands in postgresql.conf
    bears      the name that the standby bears towards its primary
    granted    a primary: the register has this PAIR, so the standby may mark SYNC
    joining    a primary: the generation that it arms for, empty when it does not
    challenge, barrier  a primary's arming: what `have` must answer
    real_name  a primary: the name that its standby is to bear
    have       a standby's answer
    unable     why it could not be promoted, empty where it could
    receiver   a standby's walreceiver: address and port of its own end
    position   a primary: its flush position; a standby: what it has flushed
    database, disk  the columns of mc_ctl status
    failover   whether automatic switch and disconnection are enabled
    wish       what an operator has asked for here, empty for nothing
    policy, register  heartbeat_error_action, and the register's identity as it is reached
    ending     a primary that wants the epoch to end, and why
    stuck      a primary that cannot give the pen, a standby that is to leave and cannot
               promise to, its disk being dead: decide without it
    stays_out  a standby that an operator has disconnected
    leaving    its controller goes by an operator's word: its silence is no failure
    """

    owner: str
    incarnation: str
    heard: str = ""
    mark: Mark | None = None
    standby: bool = False
    server: str = UNSURE
    names: str = NAMES_SET
    bears: str = ""
    granted: bool = False
    joining: str = ""
    challenge: str = ""
    barrier: int = 0
    real_name: str = ""
    have: Have | None = None
    unable: tuple[str, ...] = ()
    receiver: tuple[str, int] | None = None
    position: int = 0
    limits: tuple[int, ...] = ()
    database: str = "normal"
    disk: str = "normal"
    failover: bool = False
    wish: str = ""
    policy: str = ""
    register: str = ""
    ending: str = ""
    stuck: bool = False
    stays_out: bool = False
    leaving: bool = False
