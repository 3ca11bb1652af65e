"""pgx_check NAME: tell RMS the state of a resource.

It reads one record that the monitor keeps, and never connects, waits, or opens
anything under the data directory.  RMS runs it every 10 s and slows down when it
takes 0.25 s, so what is imported here is counted: no psycopg, psutil, argparse,
tomllib, subprocess, logging, re, pathlib, dataclasses or enum.  Only a resource
without a good record pays for more, and mostly in a child that runs on alone.

Exit: 0 Online, 1 Offline, 2 Faulted (and wrong usage).  Python's own exit codes
never get out.
"""

import os
import sys

from pgx_agent.core import verdict
from pgx_base import files, locks, proc, prologue
from pgx_pclrsc import record, registry
from pgx_pclrsc.core import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Refused(Exception):
    """A caller who is neither root nor the OS user: exit 2 with the reason."""


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
        self.alive = found is not None and _lives(found)
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


def _lives(found: record.Record) -> bool:
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
    from pgx_agent.check import slow

    if not slow.is_os_user(root, name, uid):
        raise Refused
    raise Unreadable("the work directory belongs to another user")


def answer(root: str, name: str) -> int:
    """Return what RMS is told of resource *name* in the registry at *root*."""
    beacon = locks.open_beacon(registry.beacon_path(root, name))
    try:
        if beacon >= 0 and locks.is_held(beacon, locks.ALONE, 2):
            from pgx_agent.check import rows

            said = rows.without_workdir(root, name, beacon)
            if said is not None:
                return _told(name, said, None)
        return _by_workdir(root, name, beacon)
    finally:
        if beacon >= 0:
            os.close(beacon)


def _by_workdir(root: str, name: str, beacon: int) -> int:
    try:
        dir_fd = _open_workdir(root, name)
        try:
            _check_caller(dir_fd, root, name)
            look = stable_look(dir_fd, proc.boot_id(), beacon)
        finally:
            os.close(dir_fd)
    except (Unreadable, OSError, record.Garbled) as ex:
        from pgx_agent.check import slow

        if os.geteuid() and not slow.is_os_user(root, name, os.geteuid()):
            raise Refused from ex
        return _told(name, _unreadable(root, name, str(ex), beacon), None)
    return _from_look(root, name, look)


def _unreadable(root: str, name: str, why: str, beacon: int) -> int:
    from pgx_agent.check import slow

    answer = slow.when_unreadable(root, name, why, beacon)
    if answer is None:
        return _unknown(name)
    code, start = answer
    if start:
        start_monitor(root, name, "-")
    return code


def _from_look(root: str, name: str, look: Look) -> int:
    found = look.record
    usual = found is not None and found.state == record.ONLINE and look.alive
    if usual and not look.faulted:
        code, start = verdict.ONLINE, not look.offline_runs and not look.watched()
    else:
        from pgx_agent.check import rows

        code, start = rows.answer(root, name, look)
    if start:
        start_monitor(root, name, found.generation if found else "-")
    return _told(name, code, found)


def _told(name: str, code: int, found: record.Record | None) -> int:
    """Return *code*, a fault with its reason on stderr."""
    if code == verdict.FAULTED:
        gone = found is not None and not _lives(found)
        _tell(lambda words: words.faulted(name, found, gone=gone))
    return code


def _unknown(name: str) -> int:
    _tell(lambda words: words.unknown(name))
    return verdict.OFFLINE


def _tell(what: "Callable[[Any], None]") -> None:
    """Have it said in words; that they cannot be loaded, say, changes no answer."""
    try:
        from pgx_agent.check import words

        what(words)
    except Exception:  # noqa: BLE001  # the exit code says it, and counts
        pass


def start_monitor(root: str, name: str, generation: str) -> None:
    """Start a monitor in the background; that it cannot be started changes no answer."""
    try:
        from pgx_agent.monitor import launch

        launch.in_background(root, name, generation)
    except Exception as ex:  # noqa: BLE001  # no process to be had, say
        problem = ex
        _tell(lambda words: words.no_monitor(name, problem))


def run(arguments: list[str]) -> int:
    """Return the exit code for *arguments*; nothing that happens may choose it but us."""
    try:
        if len(arguments) != 1 or arguments[0].startswith("-"):
            return _without_name(arguments)
        name = arguments[0]
        if not registry.is_name(name):
            return _unknown(name)
        return answer(registry.registry_root(), name)
    except Refused:
        _tell(lambda words: words.wrong_caller())
        return verdict.FAULTED
    except Exception as ex:  # noqa: BLE001  # Python's exit code 1 would say Offline
        return _internal_error(arguments, ex)


def _without_name(arguments: list[str]) -> int:
    """Give help or version (exit 0), or say what is wrong with *arguments* (exit 2)."""
    from pgx_agent.check import words

    return 0 if words.usage(arguments) else verdict.FAULTED


def _internal_error(arguments: list[str], problem: Exception) -> int:
    """Answer from the processes alone: a fault of ours is not the instance's."""
    try:
        from pgx_base import program

        text = program.internal_error(problem).primary
        return _unreadable(registry.registry_root(), arguments[0], text, -1)
    except Exception:  # noqa: BLE001  # nothing is left to ask
        return verdict.OFFLINE


def main() -> None:
    """Answer and leave at once: nothing is buffered, and tidying up costs time."""
    prologue.first_statements()
    os._exit(run(sys.argv[1:]))
