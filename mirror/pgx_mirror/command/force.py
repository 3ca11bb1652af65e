"""mc_ctl stop -e: Mirroring Controller is ended by force (manual 8.1.1.1.1, 8.2, 8.3).

Nothing is asked of the controller, and of the configuration only which server is meant.
The instance is left as it is: if it runs, it goes on running; what waits for the standby
goes on waiting.  What the controller had begun is finished by the next start: each of its
steps is durable before the next one.
"""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded, mcdir_of
from pgx_mirror.command.telling import done
from pgx_mirror.controller import holding
from pgx_mirror.controller.ending import end


def force(asked: Request) -> int:
    """End all processes of the controller, and return the exit code.  Raises Failure."""
    mcdir = mcdir_of(asked)
    server = _server(asked, mcdir)
    ended = end(mcdir, server, holding.SERVICE)
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
