"""What Online is told of the server that it has the monitor judge."""

from __future__ import annotations

from pgx_agent.monitor.writing.speaker import Speaker
from pgx_postgres.watch import opening
from pgx_postgres.watch.opening import Opening
from pgx_postgres.watch.watched import Event

_FOR_A_WARNING = 1.0  # seconds the word waits for the second database


class FirstWord:
    """Holds the first word until both databases have been heard of.

    *started*: Online has started the server; None: nobody waits for a word.
    """

    def __init__(self, speaker: Speaker, started: bool | None) -> None:
        self._say = speaker
        self._opening = None if started is None else Opening(started)
        self._online = ""
        self._until = 0.0

    def hear(self, event: Event, now: float) -> tuple[Event, ...]:
        """Return what the watch is to be told in place of *event*."""
        if self._opening is None:
            return (event,)
        self._opening, events = opening.hear(self._opening, event, now)
        return events

    def wake(self) -> list[float]:
        """Return when `late` wants to be called."""
        if self._opening is None:
            return []
        held = [self._opening.until] if self._opening.held else []
        return [*held, self._until] if self._online else held

    def late(self, now: float) -> tuple[Event, ...]:
        """Tell what is known by now; return what the watch is to be told."""
        if self._opening is None:
            return ()
        if self._online and (self._opening.postgres is not None or now >= self._until):
            self._tell_online(self._opening)
            return ()
        self._opening, events = opening.tick(self._opening, now)
        return events

    def online(self, pid: int, start: int, now: float) -> None:
        """Say Online, once the other database has been heard of too."""
        self._online = f"online {pid} {start}"
        self._until = now + _FOR_A_WARNING
        if self._opening is None:
            self._say.first_word(self._online)

    def _tell_online(self, known: Opening) -> None:
        self._say.first_word(f"{self._online} {known.warning()}".rstrip())
        self._opening = None

    def faulted(self, reason: str, *, shut: bool) -> None:
        """Say Faulted, or that the start has failed: the server is *shut*."""
        word = "shut" if shut else "faulted"
        self._say.first_word(f"{word} {reason}")
