"""Reading postmaster.pid in a thread of its own: its disk may hang.

A loop that hung there would judge no silence, and a server that a hanging disk has
silenced would never be Faulted.
"""

from __future__ import annotations

import queue
import threading

from pgx_agent.monitor import sight
from pgx_agent.monitor.sight import Look

_PATIENCE = 0.2  # seconds the loop waits for the disk; it does so once while it hangs
HANGS = Look(None, "postmaster.pid cannot be read: its disk does not answer")


class Reader:
    """Looks at the PID file of one server."""

    def __init__(self, data_directory: str, postmaster: int) -> None:
        self._data = data_directory
        self._postmaster = postmaster
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[Look] = queue.SimpleQueue()
        self._hangs = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._asked.get()
            self._told.put(sight.look(self._data, self._postmaster))

    def look(self) -> Look:
        """Return what the PID file says now, or `HANGS`; never waits for long."""
        if self._hangs and self._told.empty():
            return HANGS
        if self._hangs:
            self._told.get()  # of long ago
        self._asked.put(None)
        try:
            seen = self._told.get(timeout=_PATIENCE)
        except queue.Empty:
            self._hangs = True
            return HANGS
        self._hangs = False
        return seen
