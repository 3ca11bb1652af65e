"""What is not as a pair needs it in PostgreSQL's configuration: looked for once in each server.

It is told to mc_ctl start, and once to the system log.  Nothing else comes of it: a pair
that runs is never ended by a check.
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
_WAITED_FOR = 2 * inspector.WITHIN  # seconds that a start's last word waits for it


@dataclass
class Noticed:
    """What was found last; before *until* it is still looked for."""

    found: tuple[Failure, ...] = ()
    until: float = 0.0


class Inspecting:
    """Begins the look at each postmaster that comes up; *noticed* takes what is found.

    *other* is the other server's host.
    """

    def __init__(self, site: Site, staff: Staff, noticed: Noticed, other: str) -> None:
        self._site, self._staff, self._noticed = site, staff, noticed
        self._other = other
        self._of: Ident | None = None
        self._told: set[str] = set()
        self._news: list[str] = []

    def is_at(self, work: str) -> bool:
        """Whether *work* is that of its hand."""
        return work == _WORK

    def hear(self, said: Said | Ended) -> None:
        """Take what its hand has said; one that has died has found nothing."""
        if isinstance(said, Ended):
            found = () if said.problem else said.value
            self._noticed.found, self._noticed.until = found, 0.0
            self._news += [in_words(what) for what in found]

    def turn(
        self, postmaster: Ident | None, facts: Facts
    ) -> Iterator[tuple[Message, dict[str, Any]]]:
        """Look at a server that has come up; yield what was not told yet."""
        if facts.server == UP and postmaster is not None and postmaster != self._of:
            self._of = postmaster
            self._noticed.until = time.monotonic() + _WAITED_FOR
            arguments = (self._site, postmaster, self._other)
            self._staff.begin(_WORK, inspector.inspect, *arguments)
        news, self._news = self._news, []
        for text in news:
            if text not in self._told:
                self._told.add(text)
                yield server.SETTING, {"reason": text}
