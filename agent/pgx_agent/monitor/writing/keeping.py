"""What the monitor says of its server, to Check: on the beacon, then in the record.

In this order: the beacon needs no disk, so that a verdict waits for none.
"""

from __future__ import annotations

import time

from pgx_agent.monitor.writing.notes import Notes
from pgx_agent.monitor.writing.scribe import Scribe
from pgx_base import locks
from pgx_pclrsc import beacon, record, transitions
from pgx_pclrsc.beacon import Beacon

_AT_ONCE = 1.0  # seconds a change of the state waits for the disk
_PAUSE = 0.5  # seconds


class Keeping:
    """Keeps saying what the record should say, wherever it can be said."""

    def __init__(self, scribe: Scribe, light: Beacon) -> None:
        self._scribe = scribe
        self._light = light
        self.kept = scribe.kept
        self._notes: Notes | None = None

    def note(self, known: Notes) -> None:
        """Keep in the record, from now on, what else is *known*."""
        self._notes = known

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when `hear` has something to hear."""
        return self._scribe.fileno()

    def hear(self) -> None:
        """Take note of what became of the record.  Raises Superseded."""
        self._scribe.hear()

    def refresh(self) -> OSError | None:
        """Say it again; return why the record cannot be kept.  Raises Superseded."""
        self._put_notes()
        self._scribe.keep()
        self._shine()
        self.trace_notes()
        return self._scribe.problem()

    def trace_notes(self) -> None:
        """Write into the trace what is to be noted there by now."""
        if self._notes is not None:
            self._notes.trace()

    def _put_notes(self) -> None:
        if self._notes is not None:
            self._notes.put(self.kept)

    def change(self, state: str, reason: str) -> OSError | None:
        """Say another state, and wait a moment until it is written.

        Return why it is not.  Raises Superseded.
        """
        if state != self.kept.state:
            transitions.changed(self.kept)
        self.kept.state, self.kept.reason = state, reason
        self._put_notes()
        self._shine()
        self._scribe.keep()
        self._scribe.settle(_AT_ONCE)
        self._shine()
        return self._scribe.problem()

    def _shine(self) -> None:
        kept = self.kept
        postmaster = kept.postmaster, kept.start
        wanted = {beacon.fresh(kept.good_until)}
        if kept.state == record.ONLINE:
            wanted.add(beacon.online(postmaster))
        if kept.state == record.FAULTED:
            wanted.add(beacon.faulted(postmaster))
        if self._scribe.problem() is not None:
            wanted.add(locks.ALONE)
        self._light.say(wanted)

    def insist(self) -> None:
        """Go on until the record says it too: with us the beacon would fall silent.

        Raises Superseded.
        """
        while not self._scribe.is_kept():
            time.sleep(_PAUSE)
            self.refresh()
            self._scribe.settle(_PAUSE)
