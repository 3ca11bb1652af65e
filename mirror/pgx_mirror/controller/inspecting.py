"""What is not as a pair needs it in PostgreSQL's configuration.

It is looked for when a server has come up, and each minute, since a reload changes it too.
It is told to mc_ctl start, and to the system log once, until it is put right.  Nothing else
comes of it: a pair that runs is never ended by a check.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_mirror.controller.jobs import inspector
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.report import UP
from pgx_mirror.hands.line import Ended, Said, in_words
from pgx_mirror.hands.staff import Staff
from pgx_mirror.messages import server
from pgx_mirror.messages.message import Message

_WORK = "inspector"
_AGAIN = 60.0  # seconds
_WAITED_FOR = 2 * inspector.WITHIN  # seconds that a start's last word waits for it


@dataclass
class Noticed:
    """What was found last; before *until* it is still looked for."""

    found: tuple[Failure, ...] = ()
    until: float = 0.0


class Inspecting:
    """Begins the looks at a postmaster that is up; *noticed* takes what is found.

    *other* is the other server's host.
    """

    def __init__(self, site: Site, staff: Staff, noticed: Noticed, other: str) -> None:
        self._site, self._staff, self._noticed = site, staff, noticed
        self._other = other
        self._of: Ident | None = None
        self._again = 0.0
        self._told: set[str] = set()
        self._news: list[str] = []

    def is_at(self, work: str) -> bool:
        """Whether *work* is that of its hand."""
        return work == _WORK

    def hear(self, said: Said | Ended) -> None:
        """Take what its hand has said; one that has died, or was not let in, knows nothing."""
        if not isinstance(said, Ended):
            return
        self._noticed.until = 0.0
        if said.problem or said.value is None:
            return
        self._noticed.found = said.value
        self._news = [in_words(what) for what in said.value]
        self._told &= set(self._news)

    def turn(
        self, postmaster: Ident | None, facts: Facts
    ) -> Iterator[tuple[Message, dict[str, Any]]]:
        """Look at a server that is up, if it is time to; yield what was not told yet."""
        if facts.server == UP and postmaster is not None:
            self._look(postmaster, time.monotonic())
        news, self._news = self._news, []
        for text in news:
            if text not in self._told:
                self._told.add(text)
                yield server.SETTING, {"reason": text}

    def _look(self, postmaster: Ident, now: float) -> None:
        if postmaster == self._of and now < self._again:
            return
        if postmaster != self._of:
            self._noticed.found, self._noticed.until = (), now + _WAITED_FOR
        self._of, self._again = postmaster, now + _AGAIN
        arguments = (self._site, postmaster, self._other)
        self._staff.begin(_WORK, inspector.inspect, *arguments)
