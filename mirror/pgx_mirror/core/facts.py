"""All that one controller knows of its pair: the state that the table decides from.

Times are seconds of a monotonic clock.  What is durable stands here only once it is known
to be on disk: nothing ever depends on a mark that is being written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from pgx_mirror.core.called import ARBITER, Called
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.report import NAMES_SET, UNSURE, Report
from pgx_mirror.core.seen import Seen

# heartbeat_error_action: who decides when the peer is silent.
ARBITRATION, MESSAGE = "arbitration", "message"
COMMAND, FALLBACK = "command", "fallback"

# What may be changed, one thing at a time each.
MARK, CONF, SERVER, REGISTER, BEARS, PROOF = (
    "mark",
    "conf",
    "server",
    "register",
    "bears",
    "proof",
)

# What an operator may wish: that the server runs, or is left as it is; a stop (on a primary
# with automatics on it hands over first); one of both servers, neither of which takes over;
# a switch, a disconnection; and that the controller goes, its silence being no failure.
RUN, REST, STOP, STOP_ALL, SWITCH, DETACH, LEAVE = (
    "run",
    "rest",
    "stop",
    "stop all",
    "switch",
    "detach",
    "leave",
)

# Stages of arming: the protocol's 3.1b, 3.2, 3.3, 3.4 to 3.5, and 3.6 until commits pass.
PROVING_OFF, BARRIER, PROVING_ON, ASKING, RELEASING = (
    "proving off",
    "barrier",
    "proving on",
    "asking",
    "releasing",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the configuration says.  *limit*: silence of so many seconds counts.

    *first_start*: the operator's word that a data directory without a mark is the primary.
    *held*: for how long an arming may hold up commits, stage by stage.
    *commands*: which programs of `core.commands` the configuration names.
    *called*: what the register is called towards people.
    """

    me: str
    other: str
    policy: str
    incarnation: str
    interval: float = 0.8
    limit: float = 5.4
    patience: float = 70.0
    first_start: bool = False
    held: float = 10.0
    commands: frozenset[str] = frozenset()
    called: Called = ARBITER


@dataclass(frozen=True, slots=True)
class Force:
    """An operator's word with a switch or a disconnection: the other server is off.

    *fencing*: it is fenced first, where a program for that is configured.  *abandon*: the
    register of this epoch is gone for good.
    """

    fencing: bool = True
    abandon: bool = False


@dataclass(frozen=True, slots=True)
class Arming:
    """A primary on its way to PAIR, for one generation of its standby.

    *since*: when its stage's time began to run.  *proved*: when commits were seen to wait;
    *clear*: a look begun after that has shown nobody under the real name, so the standby may
    take it.  *answered*: when its answer came; *looked*: a look was begun after that.
    """

    stage: str
    generation: str
    challenge: str
    since: float
    barrier: int = 0
    answered: float | None = None
    looked: bool = False
    proved: float = 0.0
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known.

    mark, fresh     the durable mark; what is to be written where there is none
    mark_failed     why the last write failed; unsure: it may be the new one all the same;
                    failures: how often in a row
    retry_at        no mark is written before that time; marking_at: when a write began
    standby         the data directory has standby.signal
    names, bears    what stands in postgresql.conf; the name in primary_conninfo
    conf_failed     why it could not be written or read; conf_at: when it was, last;
                    conf_retry_at: it is not written again before that time
    names_unsure    the last write failed: the names may be the old or the new ones
    conf_began      when they were begun to be written, last
    shown           a look has shown the names as they were written last
    freed           a primary that is alone: since a look has shown that, a commit was begun
                    and has returned
    real_name       a primary: the name in synchronous_standby_names, whether set or not
    server, fault   what its processes are; why it is not fit to serve, empty if it is
    disk            why its disks are not, empty if they are
    stopped_at      the position of a clean stop's checkpoint, 0 without one
    down_at, up_at  when it was found down, and up, last
    ending_at       when its processes were begun to be ended at once; infinity while they
                    are not, or the server starts, stops by itself or is promoted
    left            what a stop could not end, empty where nothing is left
    poisoned        a position beyond our own WAL was reported to this postmaster
    unseen          how often commits have returned in a row with nobody to confirm them
    promote_failed  the server ended over pg_promote
    server_retry_at it is not started, stopped or promoted again before that time
    bears_retry_at  its name is not changed again before that time; bears_at: when it was
    seen, seen_at   the last look, and when it was taken; sender_at: when one showed the
                    standby streaming under its name
    peer, heard_at  the peer's last report, and when its last word came (the start's time
                    while there was none); stream_at likewise by the WAL stream
    given_at        since when the primary of our epoch has given the pen
    strange_at      since when another client bears the standby's name
    register        the register's identity, empty while it cannot be reached
    cell            its cell as it was read last, None for an empty register; ask_at: the
                    pen is not asked for before that time
    arming          None while there is none; not_before: no new one before that time,
                    since so many were tried in vain; armings: how many there were
    detached        the standby's incarnation that an operator has disconnected here
    wish, since     what an operator wants, and since when; force: by force, and how
    failover        whether errors lead to a switch or a disconnection
    ending          why a primary wants its epoch to end, empty if it does not
    stays_out       an operator has disconnected this standby: it does not ask to join
    met             the epoch in which both controllers have heard each other, in these lives
    arbitrated      arbitration_command has said of this silence that the peer has failed
    fenced          the epoch in which fencing_command has ended the peer, 0 for none
    fencing         the epoch in which that command was begun
    void            the peer was heard in another life since that command began: it says nothing
    command_at      neither is called before that time; command_failed: why the last one
                    has not allowed to go on
    due             which programs are to be told of what has happened, or is about to
    warned          the epoch of the pair whose end pre_detach_command was last called for
    busy            what is being changed
    """

    terms: Terms
    began: float = 0.0
    mark: Mark | None = None
    fresh: Mark | None = None
    mark_failed: str = ""
    unsure: bool = False
    failures: int = 0
    retry_at: float = 0.0
    marking_at: float = 0.0
    standby: bool = False
    names: str = NAMES_SET
    names_unsure: bool = False
    shown: bool = False
    freed: bool = False
    conf_failed: str = ""
    conf_at: float = 0.0
    conf_began: float = 0.0
    conf_retry_at: float = 0.0
    bears: str = ""
    real_name: str = ""
    server: str = UNSURE
    fault: str = ""
    disk: str = ""
    stopped_at: int = 0
    down_at: float = 0.0
    up_at: float = 0.0
    ending_at: float = math.inf
    left: str = ""
    poisoned: bool = False
    unseen: int = 0
    promote_failed: str = ""
    server_retry_at: float = 0.0
    bears_retry_at: float = 0.0
    bears_at: float = 0.0
    start_failed: str = ""
    seen: Seen | None = None
    seen_at: float = 0.0
    sender_at: float = 0.0
    peer: Report | None = None
    heard_at: float = 0.0
    stream_at: float = 0.0
    given_at: float | None = None
    strange_at: float | None = None
    register: str = ""
    cell: Cell | None = None
    ask_at: float = 0.0
    arming: Arming | None = None
    not_before: float = 0.0
    tried: int = 0
    armings: int = 0
    detached: str = ""
    wish: str = REST
    since: float = 0.0
    force: Force | None = None
    failover: bool = False
    ending: str = ""
    stays_out: bool = False
    met: int = 0
    arbitrated: bool = False
    fenced: int = 0
    fencing: int = 0
    void: bool = False
    command_at: float = 0.0
    command_failed: str = ""
    due: frozenset[str] = frozenset()
    warned: int = 0
    busy: frozenset[str] = field(default_factory=frozenset)

    def but(self, **changes: object) -> Facts:
        """Return the facts with *changes*."""
        return replace(self, **changes)  # type: ignore[arg-type]
