"""Reading postmaster.pid beside the loop: its disk may hang."""

from __future__ import annotations

from pgx_postgres.seeing import sight
from pgx_postgres.seeing.beside import Beside
from pgx_postgres.seeing.sight import Sighting

HANGS = Sighting(None, "postmaster.pid cannot be read: its disk does not answer", True)


class Reader:
    """Looks at the PID file of one server."""

    def __init__(self, data_directory: str, postmaster: int) -> None:
        self._beside = Beside(lambda: sight.look(data_directory, postmaster), HANGS)

    def look(self) -> Sighting:
        """Return what the PID file says now, or `HANGS`; never waits for long."""
        return self._beside.ask()
