"""mc_ctl stop -e: Mirroring Controller is ended by force (manual 8.1.1.1.1, 8.2, 8.3).

Nothing is asked of the controller, and of the configuration only which server is meant.
The instance is left as it is: if it runs, it goes on running; what waits for the standby
goes on waiting.  What the controller had begun is finished by the next start: each of its
steps is durable before the next one.
"""

from __future__ import annotations

import signal
import time

from pgx_base import signals
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded, mcdir_of
from pgx_mirror.command.telling import done
from pgx_mirror.controller import holding

ENDS_WITHIN = 10.0  # seconds
_PAUSE = 0.02


def force(asked: Request) -> int:
    """End all processes of the controller, and return the exit code.  Raises Failure."""
    mcdir = mcdir_of(asked)
    server = _server(asked, mcdir)
    ended = _end(mcdir, server)
    done(
        f"controller of server {quoted(server)} ended by force"
        f" ({ended} processes); the instance is left as it is"
    )
    return 0


def _server(asked: Request, mcdir: str) -> str:
    """Return the server that is meant, be the configuration right or wrong."""
    running = holding.running(mcdir)
    if asked.local_server in running:
        return str(asked.local_server)
    if len(running) == 1 and asked.local_server is None:
        return running[0]
    server = loaded(asked).identifier
    if server in running:
        return server
    raise Failure(f"controller of server {quoted(server)} is not running")


def _end(mcdir: str, server: str) -> int:
    """Kill whoever holds a lock, again until nobody does: a watcher may start another."""
    killed: set[tuple[int, int]] = set()
    until = time.monotonic() + ENDS_WITHIN
    while any(holding.is_held(mcdir, server, byte) for byte in holding.SERVICE):
        for byte in holding.SERVICE:
            for pid, start in holding.holders(mcdir, server, byte):
                if signals.send_signal(pid, start, signal.SIGKILL):
                    killed.add((pid, start))
        if time.monotonic() > until:
            raise _left(mcdir, server)
        time.sleep(_PAUSE)
    return len(killed)


def _left(mcdir: str, server: str) -> Failure:
    left = {
        pid
        for byte in holding.SERVICE
        for pid, _ in holding.holders(mcdir, server, byte)
    }
    return Failure(
        "could not end the controller: processes do not go",
        detail=f"Processes: {', '.join(map(str, sorted(left))) or 'not to be seen'}.",
        hint="They wait in the kernel, for a disk perhaps: see ps -o pid,stat,wchan.",
    )
