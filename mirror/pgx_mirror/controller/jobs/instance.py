"""Hands that find, start and stop the server, under the guard's flock.

Two controllers cannot start one data directory: the flock on PG_VERSION is inherited by
the server, so it lives as long as any process of the instance.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from pgx_base import proc
from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import replace
from pgx_mirror.controller.jobs import output
from pgx_mirror.controller.jobs import site as sites
from pgx_mirror.controller.jobs.calls import Calls
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.data import signal_file
from pgx_mirror.hands.line import Line
from pgx_postgres import control
from pgx_postgres.processes import evidence, instance
from pgx_postgres.processes.evidence import Evidence, Recorded
from pgx_postgres.running import guard, server, socket_locks, stale, startup
from pgx_postgres.running import stop as stopping
from pgx_postgres.running.core.ladder import Mode
from pgx_postgres.running.server import Order

GUARD = guard.Words(
    alone="Nothing but a lock of the data directory keeps another host's controller out.",
    past="Then run mc_ctl start again.",
)
_NOTHING = Recorded()
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_MESSAGES", "TZ", "HOME")


@dataclass(frozen=True, slots=True)
class Found:
    """What runs, and what the data directory is.

    postmaster  None without one;  rest: processes that it has left
    standby     standby.signal is there: PostgreSQL removes it before a promoted server
                accepts a commit, so its presence proves that none was
    """

    postmaster: Ident | None
    rest: int
    standby: bool


@dataclass(frozen=True, slots=True)
class StartedAs:
    """A server that takes connections."""

    postmaster: Ident
    standby: bool


@dataclass(frozen=True, slots=True)
class StoppedAt:
    """What a stop has left, in words, and the position of a clean one's checkpoint."""

    left: str
    checkpoint: int
    standby: bool


def find(_line: Line, site: Site) -> Found:
    """Return what of the instance runs, by its processes."""
    return found(site)


def found(site: Site) -> Found:
    """Return what of the instance runs, by its processes."""
    there = instance.processes(_evidence(site), frozenset())
    heads = instance.postmasters(there)
    standby = signal_file.is_there(site.dir_fd)
    if not heads:
        return Found(None, len(there), standby)
    return Found(heads[0].ident, len(there) - 1, standby)


def start(line: Line, site: Site, seconds: float) -> StartedAs:
    """Start the server and return its postmaster once it takes connections.

    Raises Failure: it is running, is locked elsewhere, has ended, or is not ready in time;
    one that is late goes on; another directory is at its path, a tablespace is not there, or
    its log cannot be opened.
    """
    calls, until = Calls(line), time.monotonic() + seconds
    running = found(site)
    if running.postmaster is not None or running.rest:
        raise Failure("a server, or what one has left, is running already")
    sites.check_path(site)
    bin_dir = sites.programs(site)
    # Before the guard is taken: it would be held for as long as a disk hangs.
    log_fd = output.opened(site.log, until - time.monotonic())
    sites.check_spaces(site, until - time.monotonic())
    guard_fd = guard.take(site.data_directory, until, calls, GUARD)
    order = server.Order(
        bin_dir,
        site.data_directory,
        "",
        _environment(site),
        log_fd,
        guard_fd,
        _stale_pid(site),
    )
    forked = _ready(order, site, until, calls)
    standby = signal_file.is_there(site.dir_fd)
    return StartedAs((forked.pid, forked.start), standby)


def _stale_pid(site: Site) -> int | None:
    """Return the PID for whose sake PostgreSQL would not start, and that is no server's."""
    known = _evidence(site)
    return stale.stale_pid(known, tuple(instance.processes(known, frozenset())))


def _ready(order: Order, site: Site, until: float, calls: Calls) -> server.Forked:
    """Start *order*'s server until it takes connections, past lock files that are stale."""
    tried: frozenset[int] = frozenset()
    began, data = time.monotonic(), order.data_directory
    while True:
        forked = server.fork(order)
        forked.release()
        outcome = startup.wait_ready(
            data, forked.pid, forked.pidfd, until, calls, forked.before
        )
        if outcome == "late":
            seconds, doing = until - began, startup.doing(forked.pid).text
            raise Failure(
                f"the server is not ready within {seconds:.0f} s", detail=doing
            )
        if outcome != "exited":
            return forked
        why = f"could not start the server: {server.exit_text(forked.pid)}"
        tried |= {order.grandparent or 0}
        found = socket_locks.find(order, site.uid, tried)
        if found.grandparent is None:
            raise Failure(why, detail=f"See {site.log}.", hint=found.advice or None)
        order = replace(order, grandparent=found.grandparent)


def _environment(site: Site) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {"PATH": os.defpath, **kept, "HOME": site.home}


def stop(
    line: Line, site: Site, mode: Mode, postmaster: Ident | None, seconds: float
) -> StoppedAt:
    """Stop the instance until nothing of it is left, beginning with *mode*."""
    known = _evidence(site, Recorded(postmaster))
    left = stopping.stop(Calls(line), known, mode, time.monotonic() + seconds)
    standby = signal_file.is_there(site.dir_fd)
    if left:
        return StoppedAt(f"{len(left)} processes or segments are left", 0, standby)
    return StoppedAt("", control.read_shutdown(sites.held(site)), standby)


def _evidence(site: Site, recorded: Recorded = _NOTHING) -> Evidence:
    """Return what the processes of the directory are known by that marks are written in."""
    known = evidence.gather(site.uid, sites.held(site), recorded)
    return replace(known, data_directory=site.data_directory)


def is_alive(postmaster: Ident | None) -> bool:
    """Whether that very postmaster lives."""
    return postmaster is not None and proc.alive(*postmaster)
