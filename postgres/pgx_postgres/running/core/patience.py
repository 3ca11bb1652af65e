"""For how long does a fast stop wait for whoever holds it up?

    who                      patience ends                                    then
    what is stopped          at once (state T or t, without a step)           immediate
    a stopped command        at once                                          it is killed
    a client's backend       30 s after the request, checkpointer idle        immediate
    archiver, WAL sender     its work has not moved for 30 s                  it is ended alone
    anybody else             nothing of the instance has moved for 30 s       immediate

A WAL sender ends alone by SIGTERM, what hangs in a command (archive_command, COPY to a
program) when that command is ended; immediate mode comes after that, and never while the
checkpointer works: an immediate stop loses no WAL, but a checkpoint that is cut short is
paid for by recovery.  The logger holds nothing up, unless its pipe is full.

Pure: what has been looked at is handed in, with the seconds since when.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

Role: TypeAlias = (
    "Literal['backend', 'archiver', 'walsender', 'checkpointer', 'logger', 'other']"
)
Asked: TypeAlias = "Literal['', 'end', 'kill']"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds, and what counts as work in the meantime.

    A loop that only tries again and again uses a little processor time, and reads the
    programs that it runs (6 KB a `sleep 1`): so little in all that time is no work.
    """

    still: float = 30.0
    stopped: float = 1.0
    full_pipe: float = 5.0  # nothing moves, and the logger is stopped
    kill_after: float = 3.0  # what was asked to end alone
    alone: float = 10.0  # for its server process to go on, or to end
    cpu: float = 0.2
    read: int = 1 << 20  # bytes
    written: int = 1 << 16


@dataclass(frozen=True, slots=True)
class Work:
    """What a process and the commands below it have done: title, CPU seconds, bytes, and
    steps in state D, or where the bytes cannot be seen.
    """

    title: str = ""
    cpu: float = 0.0
    read: int = 0
    written: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Standstill:
    """The work up to the moment *since* when there was progress last."""

    work: Work
    since: float


def marked(
    patience: Patience, before: Standstill | None, work: Work, now: float
) -> Standstill:
    """Return the new mark; counters that fall, as a command ends, are no progress."""
    if before is None:
        return Standstill(work, now)
    old = before.work
    if (
        work.title != old.title
        or work.steps != old.steps
        or work.cpu - old.cpu >= patience.cpu
        or work.read - old.read >= patience.read
        or work.written - old.written >= patience.written
    ):
        return Standstill(work, now)
    least = replace(
        old,
        cpu=min(old.cpu, work.cpu),
        read=min(old.read, work.read),
        written=min(old.written, work.written),
    )
    return Standstill(least, before.since)


@dataclass(frozen=True, slots=True)
class Holder:
    """A server process that the stop may wait for, *named* in words, since when in seconds.

    `still_for`: without progress.  `stopped_for`: stopped itself; `command_stopped_for`:
    one of the commands below it.  `alone`: something of it can be ended without the
    instance: `asked` says what was done about that, `asked_for` for how long.
    """

    pid: int
    named: str
    role: Role
    still_for: float = 0.0
    stopped_for: float = 0.0
    command_stopped_for: float = 0.0
    alone: bool = False
    asked: Asked = ""
    asked_for: float = 0.0


@dataclass(frozen=True, slots=True)
class EndAlone:
    """End what holds process *pid* up; *kill* where asking is not enough."""

    pid: int
    because: str
    kill: bool = False


@dataclass(frozen=True, slots=True)
class Impatient:
    """The fast stop is not waited for any longer; *because* in words."""

    because: str


def judge(
    patience: Patience,
    holders: tuple[Holder, ...],
    *,
    waited: float,
    quiet_for: float,
    checkpointer_idle: bool,
) -> EndAlone | Impatient | None:
    """Return what is to be done *waited* seconds after the fast request, None to wait on.

    *quiet_for*: for how long nothing of the instance has moved or ended.
    """
    blamed = [
        (holder, because)
        for holder in holders
        if (because := _blame(patience, holder, waited, quiet_for, checkpointer_idle))
    ]
    for holder, because in blamed:
        if todo := _alone(patience, holder, because):
            return todo
    if not checkpointer_idle:
        return None
    for holder, because in blamed:
        over = holder.asked_for >= patience.alone
        if over if holder.asked else not _may_end_alone(holder):
            return Impatient(because)
    asked = any(h.asked and h.asked_for < patience.alone for h in holders)
    if min(waited, quiet_for) >= patience.still and not asked:
        return Impatient(f"nothing of it has moved for {patience.still:.0f} s")
    return None


def _blame(
    patience: Patience,
    holder: Holder,
    waited: float,
    quiet_for: float,
    checkpointer_idle: bool,
) -> str:
    """Return why patience with *holder* is over, or nothing."""
    long = f"{patience.still:.0f} s"
    if holder.role == "logger":
        full = min(holder.stopped_for, quiet_for) >= patience.full_pipe
        return f"{holder.named} is stopped, and its pipe is full" if full else ""
    if holder.stopped_for >= patience.stopped:
        return f"{holder.named} is stopped"
    if holder.command_stopped_for >= patience.stopped:
        return f"a command of {holder.named} is stopped"
    if waited < patience.still:
        return ""
    if holder.role == "backend" and checkpointer_idle:
        return f"a backend does not end within {long}"
    # A WAL sender has nothing to send before the shutdown checkpoint is written.
    waits = holder.role == "archiver" or (
        holder.role == "walsender" and checkpointer_idle
    )
    if waits and holder.still_for >= patience.still:
        return f"{holder.named} has not moved for {long}"
    return ""


def _may_end_alone(holder: Holder) -> bool:
    """A stopped process goes on when nothing else is in its way, so that ends nothing."""
    return holder.alone and not holder.stopped_for


def _alone(patience: Patience, holder: Holder, because: str) -> EndAlone | None:
    if not _may_end_alone(holder):
        return None
    if not holder.asked:
        return EndAlone(holder.pid, because, kill=holder.command_stopped_for > 0)
    if holder.asked == "end" and holder.asked_for >= patience.kill_after:
        return EndAlone(holder.pid, because, kill=True)
    return None
