"""Ending by force whoever holds a lock in the management directory."""

from __future__ import annotations

import signal
import time

from pgx_base import signals
from pgx_base.failure import Failure
from pgx_mirror.controller import holding

ENDS_WITHIN = 10.0  # seconds
_PAUSE = 0.02


def end(mcdir: str, server: str, wanted: tuple[int, ...]) -> int:
    """Kill who holds one of the bytes *wanted*, until nobody does; return how many it were.

    Again and again: a watcher may start another controller meanwhile.  Raises Failure.
    """
    killed: set[tuple[int, int]] = set()
    until = time.monotonic() + ENDS_WITHIN
    while any(holding.is_held(mcdir, server, byte) for byte in wanted):
        for pid, start in _holders(mcdir, server, wanted):
            if signals.send_signal(pid, start, signal.SIGKILL):
                killed.add((pid, start))
        if time.monotonic() > until:
            raise _left(_holders(mcdir, server, wanted))
        time.sleep(_PAUSE)
    return len(killed)


def _holders(mcdir: str, server: str, wanted: tuple[int, ...]) -> set[tuple[int, int]]:
    return {one for byte in wanted for one in holding.holders(mcdir, server, byte)}


def _left(holders: set[tuple[int, int]]) -> Failure:
    pids = ", ".join(str(pid) for pid, _ in sorted(holders))
    return Failure(
        "could not end processes: they do not go",
        detail=f"Processes: {pids or 'not to be seen'}.",
        hint="They wait in the kernel, for a disk perhaps: see ps -o pid,stat,wchan.",
    )
