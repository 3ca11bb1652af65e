"""What the monitor notes besides the state: for people, who ask for the status or a report."""

from __future__ import annotations

import time
from collections.abc import Callable

from pgx_agent.monitor.seeing.registered import Registered
from pgx_agent.monitor.writing.latency import Latency
from pgx_agent.monitor.writing.speaker import Speaker
from pgx_base.light.dataclasses import replace
from pgx_base.version import VERSION
from pgx_pclrsc.core import live, more
from pgx_pclrsc.record import Record
from pgx_postgres.seeing.questions import Questions
from pgx_postgres.watch.states import Faulted, State, Watching


class Notes:
    """Knows what to note of a server.

    *questions* ask it, *speaker* speaks of it, *state* is that of the watch, and
    *registered* has the settings that hold.
    """

    def __init__(
        self,
        questions: Questions,
        speaker: Speaker,
        state: Callable[[], State],
        registered: Registered,
    ) -> None:
        self._questions = questions
        self._say = speaker
        self._state = state
        self._registered = registered
        self._latency = Latency(questions, speaker, time.monotonic())

    def trace(self) -> None:
        """Write into the trace, once a minute, how long the server's answers took."""
        over = isinstance(self._state(), Faulted)
        self._latency.write(time.monotonic(), at_once=over)

    def put(self, kept: Record) -> None:
        """Put all of it into *kept*; what scripts have noted there stays."""
        answered, latency = self._questions.answered
        standing = self._say.standing()
        before = more.decode(kept.more) or more.More()
        noted = replace(
            before,
            version=VERSION,
            answered=int(answered * 1000),
            latency=round(latency * 1000),
            failures=self._failures(),
            settings=live.word(self._registered.definition),
            warned=len(standing),
            warnings=standing,
        )
        kept.more = more.encode(noted)

    def _failures(self) -> int:
        """Return the failures in a row; of a server that is Faulted, those that made it so."""
        state = self._state()
        if isinstance(state, Watching):
            return state.opinion.failures
        return self._say.failures
