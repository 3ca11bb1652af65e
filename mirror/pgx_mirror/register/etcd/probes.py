"""Which members of etcd answer, whoever is asked otherwise: for people alone.

A thread of the child that asks etcd: a member that hangs must not hold up what counts.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from typing import Any

from pgx_mirror.register.etcd.gateway import reading
from pgx_mirror.register.etcd.http import Denied, Http, NoAnswer
from pgx_mirror.register.etcd.place import Place

EVERY = 1.0  # seconds between two rounds


class Probes:
    """Asks each member in turn, from `start` on.

    *key* is any that the pair may read, *token* what it shows, as it is at the time.
    """

    def __init__(
        self,
        place: Place,
        tls: ssl.SSLContext | None,
        key: str,
        token: Callable[[], str],
    ) -> None:
        self._place, self._token = place, token
        self._members = [(str(end), Http(end, tls)) for end in place.endpoints]
        self._body: dict[str, Any] = reading((key,))
        self._online: frozenset[str] = frozenset()
        self._known = False
        self._over = threading.Event()

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def online(self) -> tuple[str, ...] | None:
        """The members that answered when they were asked last; None before all were asked."""
        if not self._known:
            return None
        return tuple(name for name, _ in self._members if name in self._online)

    def _run(self) -> None:
        while True:
            for name, http in self._members:
                there = {name} if self._answers(http) else set()
                self._online = (self._online - {name}) | there
            self._known = True
            self._over.wait(EVERY)

    def _answers(self, http: Http) -> bool:
        """Whether it answers as part of a quorum; one that refuses a token does."""
        try:
            http.post("/v3/kv/txn", self._body, self._token(), self._place.timeout)
        except NoAnswer:
            return False
        except Denied as ex:
            return not ex.later
        return True
