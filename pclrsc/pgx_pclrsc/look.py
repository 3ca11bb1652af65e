"""What Check answers, and by what: one look at what a resource's monitor keeps.

On Check's fast path; `pgx_pclrsc --status` says the same, by the same code.  What a
resource without a good record needs besides is in rows.py and slow.py, loaded late.
"""

import os

from pgx_base import files, locks, proc
from pgx_pclrsc import record, registry
from pgx_pclrsc.core import names, verdict


class Refused(Exception):
    """A caller who is neither root nor the OS user: exit 2 with the reason."""


class Unknown(Exception):
    """There is no resource of this name."""


class Unreadable(Exception):
    """Registry, work directory or record cannot be read."""


class Look:
    """What one look at a work directory has found, in the order that makes it consistent."""

    __slots__ = ("alive", "beacon", "faulted", "held", "lost", "offline_runs", "record")

    def __init__(self, dir_fd: int, boot: str, beacon: int) -> None:
        there = _known(dir_fd, boot)
        self.lost = there is None  # nobody has cleared it
        self.record = found = _not_cleared(there)
        self.held = _is_held(dir_fd, names.MONITOR_LOCK, locks.MONITOR)
        self.alive = found is not None and lives(found)
        self.offline_runs = _is_held(dir_fd, names.TRANSITION_LOCK, locks.OFFLINE)
        self.beacon = beacon
        self.faulted = found is not None and _is_said_faulted(beacon, found)

    def watched(self) -> bool:
        """Whether a monitor keeps this record fresh."""
        found = self.record
        return (
            self.held and found is not None and proc.monotonic_ms() < found.good_until
        )


def _known(dir_fd: int, boot: str) -> record.Record | None:
    """Return this boot's record, or what its monitor says where it is lost."""
    return (
        _read(dir_fd, boot)
        or _said_by_lock(dir_fd, boot)
        or _read(dir_fd, boot)  # a monitor may have written it anew, and ended
    )


def _read(dir_fd: int, boot: str) -> record.Record | None:
    found = record.read(dir_fd)
    return found if found is not None and found.boot == boot else None


def _said_by_lock(dir_fd: int, boot: str) -> record.Record | None:
    """Return as a record what a monitor that lives says by where it holds its lock.

    Nobody else's server can be taken for ours there, nor one that has not answered yet.
    """
    try:
        fd = files.open_regular(dir_fd, names.MONITOR_LOCK)
    except FileNotFoundError:
        return None
    try:
        faulted = locks.said(fd, locks.FAULTED_IS)
        postmaster = faulted or locks.said(fd, locks.ONLINE_IS)
    finally:
        os.close(fd)
    if postmaster is None:
        return None
    pid, start = postmaster
    state = record.FAULTED if faulted else record.ONLINE
    return record.Record(
        "-", boot, state, good_until=locks.LAST, postmaster=pid, start=start
    )


def _is_said_faulted(beacon: int, found: record.Record) -> bool:
    """Whether the monitor says so where it need not write, on any record of this server."""
    return beacon >= 0 and locks.says_faulted(beacon, found.postmaster, found.start)


def lives(found: record.Record) -> bool:
    """Whether the postmaster of *found* lives; only proof says that it does not."""
    try:
        return proc.alive(found.postmaster, found.start)
    except OSError:
        return True  # no free descriptor, say: that proves nobody dead


def _not_cleared(found: record.Record | None) -> record.Record | None:
    return None if found is None or found.state == record.NONE else found


def _is_held(dir_fd: int, name: str, byte: int) -> bool:
    try:
        fd = files.open_regular(dir_fd, name)
    except FileNotFoundError:
        return False
    try:
        return locks.is_held(fd, byte)
    finally:
        os.close(fd)


def stable_look(dir_fd: int, boot: str, beacon: int) -> Look:
    """Look until a postmaster that seems gone is not one that an Offline has just ended."""
    look = Look(dir_fd, boot, beacon)
    while look.record is not None and not look.alive and not look.offline_runs:
        again = Look(dir_fd, boot, beacon)
        if again.record == look.record and again.offline_runs == look.offline_runs:
            break
        look = again
    return look


def _open_workdir(root: str, name: str) -> int:
    """Return the work directory, found by the registry's link alone.  Raises Unreadable."""
    try:
        return files.open_workdir(os.readlink(registry.work_link(root, name)))
    except OSError as ex:
        raise Unreadable(str(ex)) from ex


def _check_caller(dir_fd: int, root: str, name: str) -> None:
    uid = os.geteuid()
    if uid in (0, os.fstat(dir_fd).st_uid):
        return
    from pgx_pclrsc import slow

    if not slow.is_os_user(root, name, uid):
        raise Refused
    raise Unreadable("the work directory belongs to another user")


class Judged:
    """What RMS is to be told, and by what.

    *start*: a monitor is to be started.  *found*: the record that was gone by; without
    one *why* may say what could not be read.
    """

    __slots__ = ("code", "found", "start", "why")

    def __init__(
        self, code: int, found: record.Record | None, *, start: bool, why: str = ""
    ) -> None:
        self.code, self.found, self.start, self.why = code, found, start, why

    def generation(self) -> str:
        """Return that of the record, as a monitor that is started is told it."""
        return self.found.generation if self.found else "-"


def judge(root: str, name: str, *, acts: bool = True) -> Judged:
    """Judge resource *name* in the registry at *root*.

    Unless it *acts* nothing is logged, and a Faulted that is heard is not latched.
    Raises Unknown, Refused.
    """
    beacon = locks.open_beacon(registry.beacon_path(root, name))
    try:
        heard = _by_beacon(root, name, beacon, acts=acts)
        judged = heard or _by_workdir(root, name, beacon, acts=acts)
        if judged.code != verdict.OFFLINE:
            return judged
        return _while_offline_works(root, name, beacon, acts=acts) or judged
    finally:
        if beacon >= 0:
            os.close(beacon)


def _by_beacon(root: str, name: str, beacon: int, *, acts: bool) -> Judged | None:
    """Judge by what is said where the record cannot be kept; None where nothing counts."""
    if beacon < 0 or not locks.is_held(beacon, locks.ALONE, 2):
        return None
    from pgx_pclrsc import rows

    said = rows.without_workdir(root, name, lambda: rows.hear(beacon, acts=acts))
    if said is None:
        return None
    why = "the record cannot be kept; its monitor speaks by the beacon"
    return Judged(said, None, start=False, why=why)


def _while_offline_works(
    root: str, name: str, beacon: int, *, acts: bool
) -> Judged | None:
    """Judge by what an Offline has found, before it is said to be Offline.

    It may have begun since we listened, and have ended what we found gone; or the work
    directory fails meanwhile.
    """
    if beacon < 0 or not locks.is_held(beacon, locks.WORKING):
        return None
    from pgx_pclrsc import rows

    said = rows.while_offline_works(root, name, rows.hear(beacon, acts=acts))
    why = "pgx_offline works, and says by the beacon what it has found"
    return None if said is None else Judged(said, None, start=False, why=why)


def _by_workdir(root: str, name: str, beacon: int, *, acts: bool) -> Judged:
    try:
        dir_fd = _open_workdir(root, name)
        try:
            _check_caller(dir_fd, root, name)
            look = stable_look(dir_fd, proc.boot_id(), beacon)
        finally:
            os.close(dir_fd)
    except (Unreadable, OSError, record.Garbled) as ex:
        from pgx_pclrsc import slow

        if os.geteuid() and not slow.is_os_user(root, name, os.geteuid()):
            raise Refused from ex
        return unreadable(root, name, str(ex), beacon, acts=acts)
    return _from_look(root, name, look, acts=acts)


def unreadable(
    root: str, name: str, why: str, beacon: int, *, acts: bool = True
) -> Judged:
    """Judge where registry, work directory or record cannot be read.  Raises Unknown."""
    from pgx_pclrsc import slow

    answer = slow.when_unreadable(root, name, why, beacon, acts=acts)
    if answer is None:
        raise Unknown
    return Judged(answer[0], None, start=answer[1], why=why)


def _from_look(root: str, name: str, look: Look, *, acts: bool) -> Judged:
    found = look.record
    usual = found is not None and found.state == record.ONLINE and look.alive
    if usual and not look.faulted:
        start = not look.offline_runs and not look.watched()
        return Judged(verdict.ONLINE, found, start=start)
    from pgx_pclrsc import rows

    code, start = rows.answer(root, name, look, acts=acts)
    return Judged(code, found, start=start)
