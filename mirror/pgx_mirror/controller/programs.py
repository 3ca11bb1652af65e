"""The programs of the configuration as a controller calls them: each by a hand of its own."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_mirror.commands import calling, telling
from pgx_mirror.commands.order import Order
from pgx_mirror.conf import commands as conf
from pgx_mirror.conf.server import Server
from pgx_mirror.core import commands
from pgx_mirror.core.effects import RunCommand
from pgx_mirror.core.events import CommandEnded
from pgx_mirror.hands.line import Ended, Said
from pgx_mirror.hands.staff import Staff

# Their answer decides something.  Whoever asks no more must not have them go on: a fence
# that runs on would end a server that has come back meanwhile.
_ASKED = (commands.FENCING, commands.ARBITRATION)
_KINDS = {commands.resource(kind): kind for kind in commands.KINDS}


class Programs:
    """Calls what *server* names, as the OS user *user*, and tells what has come of it."""

    def __init__(self, server: Server, staff: Staff, home: str, user: str) -> None:
        self._server, self._staff = server, staff
        self._home, self._user = home, user
        self._paths = conf.programs(server)
        self.news: list[telling.News] = []

    def is_at(self, work: str) -> bool:
        """Whether *work* is a call of a program."""
        return work in _KINDS

    def call(self, effect: RunCommand) -> Iterator[CommandEnded]:
        """Begin the call *effect*."""
        kind = effect.kind
        path = self._paths.get(kind)
        if path is None:
            yield CommandEnded(kind, "not called: it is not configured")
            return
        seconds, asked = conf.seconds(self._server, kind), kind in _ASKED
        order = Order(path, effect.arguments, seconds, asked, self._home, self._user)
        self.news.append(telling.begun(kind, order))
        work = commands.resource(kind)
        self._staff.begin_lasting(work, calling.call, order)

    def hear(self, work: str, said: Said | Ended) -> Iterator[CommandEnded]:
        """Return what has come of the call at *work*, once it has ended."""
        if isinstance(said, Said):
            return
        kind, outcome = _KINDS[work], telling.outcome(said)
        self.news += telling.ended(kind, self._paths[kind], outcome)
        yield CommandEnded(kind, outcome.told)
