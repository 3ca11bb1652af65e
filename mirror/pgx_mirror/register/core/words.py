"""What a controller asks the register, and what the register answers."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core.cell import Cell

# Who a server is in its own eyes.  NEITHER: nobody is to wait for it, though it speaks, as
# where the primary's disk is dead and it can give the pen to nobody.
PRIMARY, STANDBY, NEITHER = "primary", "standby", "neither"
ROLES = (PRIMARY, STANDBY, NEITHER)


@dataclass(frozen=True, slots=True)
class Beat:
    """I live: my role, PostgreSQL's system identifier, and how long I may be silent (seconds).

    It comes first on each connection, and again before the limit is over.
    """

    role: str
    system: str
    limit: float


@dataclass(frozen=True, slots=True)
class Read:
    """What is the cell?"""


@dataclass(frozen=True, slots=True)
class Win:
    """Compare-and-set: my mark says PAIR or SYNC of *epoch*, and my peer is silent.

    register: the one that the mark names; a client fills it in.  Another one grants nothing
    in that epoch: else two registers could grant it to two servers.
    """

    epoch: int
    register: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    """My durable mark says *state* (PAIR or ALONE) of *epoch*: be no lower."""

    epoch: int
    state: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """My durable mark says *state* of *epoch*; for an empty register.

    It may be enrolled by who is in an epoch of another register: a grant counts only where
    the mark of PAIR or SYNC names the register that has given it, so what an empty one
    begins with is good for the next epoch.
    """

    epoch: int
    state: str


Request = Beat | Read | Win | Lift | Enrol

# The words of a reply.
CELL = "cell"  # this is the cell (to Beat and Read)
WON = "won"  # the pen is yours; said again as often as it is asked
OTHER = "other"  # your epoch is another register's: nothing is granted in it
LOST = "lost"  # the cell is beyond that epoch: it says whose the pen is
BEHIND = "behind"  # the cell has not come to that epoch's PAIR: lift it first
HEARD = "heard"  # not now: the primary is heard; ask again after `again` seconds
FENCING = "fencing"  # not now: the other server is being ended; ask again after `again`
UNFENCED = (
    "unfenced"  # not now: it could not be ended; that is tried again after `again`
)
LIFTED = "lifted"  # the cell says what you said
HIGHER = "higher"  # the cell is beyond that already
ENROLLED = "enrolled"  # the other server must enrol too, or enrol again
EMPTY = "empty"  # nothing is granted or lifted until both have enrolled
FOREIGN = "foreign"  # another pair's register, or you have not said who you are
WORDS = (
    CELL,
    WON,
    OTHER,
    LOST,
    BEHIND,
    HEARD,
    FENCING,
    UNFENCED,
    LIFTED,
    HIGHER,
    ENROLLED,
    EMPTY,
    FOREIGN,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its word, the cell as it is on disk now, and when to ask again after "not now"."""

    word: str
    cell: Cell | None = None
    again: float = 0.0
