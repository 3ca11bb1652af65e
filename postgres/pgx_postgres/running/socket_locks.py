"""Lock files of a server's sockets, which may outlive their server.

/tmp survives a reboot, and by then a lock file's PID may be somebody else's.  PostgreSQL
refuses for any living process of its user that the file names, but for the one that
PG_GRANDPARENT_PID names.  That variable covers one PID at a time.  It is enough: a server
that takes a stale lock file over, and then ends at the next one, removes what it took.

    the PID is no postmaster's, by /proc, a        start again as that process's grandchild
    zombie's, or that of a process gone since
    the PID may be a postmaster's                  refuse, and name whose it is
    another user's, empty, garbage, or no file     refuse, and say what to do about it

Read after a refusal alone, and never written or removed.
"""

from __future__ import annotations

import os

from pgx_base import odd_file, proc
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted
from pgx_postgres import pidfile
from pgx_postgres.processes import holdings
from pgx_postgres.processes.servers import Servers
from pgx_postgres.running.server import Order

_ANSWER_IN = 10.0  # seconds that `postgres -C` may take
_LONGEST = 8192
_SERVER = "postgres"


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the way: *grandparent* is a PID that is no server's, or *advice*."""

    grandparent: int | None = None
    advice: str = ""


def find(order: Order, uid: int, tried: frozenset[int]) -> Found:
    """Return what the lock files of the sockets of *order*'s server say.

    *tried* are the PIDs past which it was started already.
    """
    for path in _paths(order):
        found = _judge(path, uid, tried)
        if found is not None:
            return found
    return Found()


def _paths(order: Order) -> list[str]:
    directories = _setting(order, "unix_socket_directories")
    port = _setting(order, "port").strip()
    places = (place.strip().strip('"') for place in directories.split(","))
    return [
        os.path.join(order.data_directory, place, f".s.PGSQL.{port}.lock")
        for place in places
        if place and not place.startswith("@") and port
    ]


def _setting(order: Order, name: str) -> str:
    """Return what the server itself says that *name* is, nothing where it does not."""
    import subprocess  # a start that has failed pays for it alone

    try:
        said = subprocess.run(
            [*order.arguments(), "-C", name],
            env=dict(order.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_IN,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.decode("utf-8", "replace").strip()


def _judge(path: str, uid: int, tried: frozenset[int]) -> Found | None:
    """Return what lock file *path* is, None where it is in nobody's way."""
    shown = quoted(path)
    odd = odd_file.what(path)
    if odd:
        return Found(advice=f"Lock file {shown} is none, {odd}: remove it.")
    try:
        text = _read(path)
    except FileNotFoundError:
        return None
    except OSError as ex:
        return _closed(path, ex)
    try:
        named = pidfile.parse(text)
    except pidfile.Garbled:
        what = "names no process" if text.strip(b"\0 \n") else "is empty"
        return Found(advice=f"Lock file {shown} {what}: remove it.")
    return _of_process(shown, abs(named.pid), uid, tried)


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(fd, _LONGEST)
    finally:
        os.close(fd)


def _closed(path: str, problem: OSError) -> Found | None:
    """Return whose the lock file is that we may not read: another user's, mostly."""
    try:
        owner = os.lstat(path).st_uid
    except OSError:
        return None
    socket = path.removesuffix(".lock")
    if _has_listener(socket):
        advice = (
            "a server of that user listens there. Give this instance another port or "
            "socket directory, or stop the other."
        )
    else:
        advice = "and nobody listens there: remove it if that user has no such server."
    text = f"Lock file {quoted(path)} is one of uid {owner} ({problem.strerror})"
    return Found(advice=f"{text}; {advice}")


def _has_listener(socket: str) -> bool:
    """Whether a process of this network namespace has *socket*."""
    lines = proc.text("/proc/net/unix").splitlines()
    return any(line.split(None, 7)[7:] == [socket] for line in lines)


def _of_process(shown: str, pid: int, uid: int, tried: frozenset[int]) -> Found | None:
    if pid in tried:
        return None
    stat = proc.read_stat(pid)
    if stat is None or stat[0] in "ZX":
        # PostgreSQL refuses for a killed process until somebody has waited for it.
        return Found(grandparent=pid)
    if proc.uid_of(pid) != uid:
        return None  # PostgreSQL itself takes it for stale
    if _may_be_a_server(pid, uid):
        command = " ".join(proc.cmdline(pid)).strip()[:100]
        return Found(
            advice=f"Lock file {shown} is that of process {pid} ({command}): give this "
            "instance another port or socket directory, or stop the other."
        )
    return Found(grandparent=pid)


def _may_be_a_server(pid: int, uid: int) -> bool:
    """Whether nothing proves that *pid* is no postmaster: one may just have begun."""
    look = Servers(uid)
    if pid not in look.there:
        return False
    named = os.path.basename(proc.exe(pid) or _SERVER) + holdings.comm(pid)
    return look.is_server(pid) or _SERVER in named
