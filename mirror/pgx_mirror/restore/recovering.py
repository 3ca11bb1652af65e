"""A restored copy recovered to the end of the log, by a server that nobody else reaches.

It listens nowhere but in a directory of its own, with another archive command than its own:
none.  What it is let have of the log are links, made of what `core.road` has followed, so
that it ends where that does.  It is promoted, which begins a timeline, and stopped cleanly;
what that leaves to be archived is archived by the instance's first start.  Nothing of its
writes is synced: that is done once, behind it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import wal, wal_files
from pgx_mirror.restore import areas
from pgx_mirror.restore.calls import Calls
from pgx_mirror.restore.core.road import Road
from pgx_mirror.restore.wal_scan import Log
from pgx_postgres import control, pidfile
from pgx_postgres.processes import evidence, instance
from pgx_postgres.running import server, startup, stop
from pgx_postgres.running.core.ladder import Mode

_SIGNAL = "recovery.signal"
_STOPS_WITHIN = 600.0  # seconds: a checkpoint of all that was recovered
_ENDS_WITHIN = 30.0  # seconds for one that is given up
_LOOK_EVERY = 3600.0  # seconds; a recovery takes as long as it takes
_LIBRARIES = 15  # the major version since which there is archive_library
_TAIL = 1 << 15
_ENVIRONMENT = ("PATH", "LANG", "HOME", "TZ")
# No target but the end of the log; nobody is let in, called, or told.
_SETTINGS = {
    "listen_addresses": "",
    "external_pid_file": "",
    "ssl": "off",
    "hot_standby": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "lc_messages": "C",
    "archive_mode": "on",  # `always` would take the last file, which is not full, for whole
    "archive_command": "",
    "archive_cleanup_command": "",
    "recovery_end_command": "",
    "recovery_target": "",
    "recovery_target_lsn": "",
    "recovery_target_name": "",
    "recovery_target_time": "",
    "recovery_target_xid": "",
    "primary_conninfo": "",
    "synchronous_standby_names": "",
    "autovacuum": "off",
    "max_logical_replication_workers": "0",
    "max_worker_processes": "0",  # what libraries start: jobs by the clock, say
    "recovery_min_apply_delay": "0",
    "restart_after_crash": "off",
    "fsync": "off",
}


# A block in which no signal is heeded: what it begins is to be known.
Held = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is recovered: the copy in *data*, with *log*'s files along *road*.

    links      the directory that is made for what the server is let have of the log
    output     the file that takes what the server says
    up_to_gap  its end is no error where the log cannot be read any further
    """

    data: str
    programs: str
    major: int
    segment: int
    log: Log
    road: Road
    links: str
    output: str
    up_to_gap: bool = False


def recover(what: Recovery, calls: Calls, held: Held) -> int:
    """Recover to the end of the road, and return the position that was reached.

    Raises Failure where the server ends before, or at another place.
    """
    _make_links(what)
    with open(f"{what.data}/{_SIGNAL}", "wb"), _sockets(held) as directory:
        begun: server.Forked | None = None
        try:
            with held():
                begun = _begin(what, directory)
            _await(what, begun, calls)
            _stop(what.data, "fast", _STOPS_WITHIN, calls)
        finally:
            if begun is not None:
                _end_unseen(what.data, begun)
            end(what.data, calls)
    return _reached(what)


def _begin(what: Recovery, sockets: str) -> server.Forked:
    order = _order(what, sockets)
    try:
        forked = server.fork(order)
    finally:
        os.close(order.log_fd)
    forked.release()
    return forked


def _end_unseen(data: str, begun: server.Forked) -> None:
    """End a child that may not be the server yet: it has no PID file to be known by."""
    if _of_server(data) != begun.pid:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(begun.pidfd, signal.SIGKILL)
    os.close(begun.pidfd)


def end(data: str, calls: Calls) -> None:
    """End what works on *data*, as after a kill of ours.  Raises Failure."""
    if instance.processes(evidence.gather(os.geteuid(), data)):
        _stop(data, "immediate", _ENDS_WITHIN, calls)


def _make_links(what: Recovery) -> None:
    """Make the directory of links: the files of the road, and every history.

    All histories, since what the recovery begins must have a number that is nobody's.
    """
    os.mkdir(what.links, 0o700)
    for name in what.road.files:
        if what.log.files[name] != f"{what.data}/{areas.WAL}/{name}":
            os.symlink(what.log.files[name], f"{what.links}/{name}")
    for name, path in what.log.texts.items():
        os.symlink(path, f"{what.links}/{name}")


@contextmanager
def _sockets(held: Held) -> Iterator[str]:
    made = ""
    try:
        with held():
            made = tempfile.mkdtemp(prefix="pgx_rcvall-")
        yield made
    finally:
        if made:
            shutil.rmtree(made, ignore_errors=True)


def _order(what: Recovery, sockets: str) -> server.Order:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    settings = _SETTINGS | {
        "unix_socket_directories": sockets,
        "restore_command": restore_command(what.links, what.up_to_gap),
        "recovery_target_timeline": str(what.road.timeline),
    }
    if what.major >= _LIBRARIES:
        settings["archive_library"] = ""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return server.Order(
        what.programs,
        what.data,
        "",
        {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8"},
        os.open(what.output, flags, 0o600),
        None,
        None,
        tuple(settings.items()),
    )


def restore_command(links: str, up_to_gap: bool = False) -> str:
    """Return the command by which the server gets a file of the log, for a shell.

    Any failure is the end of the log to the server, but for those above 125, which end it:
    a disk that fails or is full.  *up_to_gap*: a file that cannot be read is the end.
    """
    directory = shlex.quote(links).replace("%", "%%")
    file = f"{directory}/%f"
    reads = f"cat {file} >/dev/null || exit 1; " if up_to_gap else ""
    return f'test -L {file} || exit 1; {reads}cp {file} "%p" || exit 255'


def _await(what: Recovery, forked: server.Forked, calls: Calls) -> None:
    """Wait until it has recovered all and was promoted.  Raises Failure where it ends."""
    outcome = "late"
    while outcome == "late":
        until = time.monotonic() + _LOOK_EVERY
        outcome = startup.wait_ready(
            what.data, forked.pid, forked.pidfd, until, calls, forked.before
        )
    while outcome == "ready" and not _has_recovered(what.data):
        if forked.pidfd in calls.wait([forked.pidfd], 0.02):
            outcome = "exited"
        calls.doing(forked.pid)
    if outcome == "exited":
        how = server.exit_text(forked.pid)
        raise Failure(
            f"could not recover the database: {how}",
            detail=_complaint(what.output) or None,
        )


def _has_recovered(data: str) -> bool:
    """Whether it takes connections; without hot_standby it says `standby` until then."""
    found = _pid_file(data)
    return found is not None and found.status == pidfile.READY


def _of_server(data: str) -> int:
    """Return the PID that the PID file names, 0 where there is none."""
    found = _pid_file(data)
    return 0 if found is None else found.pid


def _pid_file(data: str) -> pidfile.PidFile | None:
    try:
        return pidfile.read(data)
    except (pidfile.Garbled, OSError):
        return None


def _stop(data: str, mode: Mode, seconds: float, calls: Calls) -> None:
    known = evidence.gather(os.geteuid(), data)
    if left := stop.stop(calls, known, mode, time.monotonic() + seconds):
        raise Failure(
            f"could not stop the server that recovers {quoted(data)}",
            detail=f"{len(left)} processes or segments are left.",
        )


def _reached(what: Recovery) -> int:
    """Return where the recovery has ended: where the newest timeline begins."""
    if control.read_state(what.data) != control.SHUT_DOWN:
        raise Failure(
            "could not recover the database: its server was not stopped cleanly",
            detail=_complaint(what.output) or None,
        )
    names = os.listdir(f"{what.data}/{areas.WAL}")
    newest = max(filter(wal_files.of_history, names))
    with open(f"{what.data}/{areas.WAL}/{newest}", encoding="ascii") as file:
        at = wal_files.history(file.read())[-1][1]
    if at < wal_files.first(what.road.last, what.segment) and not what.up_to_gap:
        raise Failure(
            "the write-ahead log cannot be followed to its end: it cannot be read at "
            f"{wal.text(at)}, in file {_at(what, at)}",
            detail=f"The recovery should have reached file {what.road.last}.",
            hint="Look for a sound copy of that file, on the other server perhaps. To restore "
            "what is before that position, and give up what is behind it: --up-to-gap.",
        )
    return at


def _at(what: Recovery, position: int) -> str:
    number = position // what.segment
    named = {
        wal_files.first(n, what.segment) // what.segment: n for n in what.road.files
    }
    return named.get(number, "")


def _complaint(path: str) -> str:
    """Return the last of what the server complains of."""
    with suppress(OSError), open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        lines = file.read().decode("utf-8", "replace").splitlines()
        for level in ("FATAL: ", "PANIC: ", "ERROR: "):
            found = [
                line.partition(level)[2].strip() for line in lines if level in line
            ]
            if found:
                return found[-1]
    return ""
