"""mc_arb from its first turn to its last: servers, `mc_arb stop` and `status`, signals."""

from __future__ import annotations

import select
import signal
import socket
import time
from types import FrameType
from typing import Any

from pgx_mirror.conf.settings import ArbiterSettings
from pgx_mirror.messages import register as messages
from pgx_mirror.messages.sending import Log
from pgx_mirror.register import control
from pgx_mirror.register.control import Control
from pgx_mirror.register.core.state import Kept, State
from pgx_mirror.register.fencing import Fencing, program
from pgx_mirror.register.house import House
from pgx_mirror.register.keeping import Keeper
from pgx_mirror.register.service import Service
from pgx_mirror.register.visitors import Visitors


class Serving:
    """The loop."""

    def __init__(
        self, settings: ArbiterSettings, opened: House, keeper: Keeper, kept: Kept
    ) -> None:
        self._hosts = {
            one.identifier: (one.arbitration or one.admin).host
            for one in settings.network.servers
        }
        first, second = self._hosts
        values = settings.arbitration
        self._log = Log(values.syslog_ident, values.syslog_facility)
        fencing = Fencing(program(values), self._log.say)
        state = State(
            kept,
            (first, second),
            time.monotonic(),
            silence=values.silence,
            fences=fencing.is_there,
        )
        visitors = Visitors(settings.secret, settings.local.identifier, self._hosts)
        self._service = Service(
            state, keeper, visitors, opened.listeners, self._log.say, fencing
        )
        self._control = Control(opened.control)
        self._ends = False

    def run(self) -> None:
        """Serve until a signal or `mc_arb stop` ends it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_IGN)
        self._log.say(messages.ARBITER_STARTED)
        while not self._ends:
            self._turn()
        self._service.close()
        self._control.close()
        self._log.say(messages.ARBITER_STOPPED)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ends = True

    def _turn(self) -> None:
        poll = select.poll()
        for fd, mask in (*self._service.interests(), *self._control.interests()):
            poll.register(fd, mask)
        ready = poll.poll(self._service.wait() * 1000)
        self._service.turn(ready)
        self._log.turn(time.monotonic())
        found = self._control.words([fd for fd, _ in ready], time.monotonic())
        for sock, word in found:
            self._answer(sock, word)

    def _answer(self, sock: socket.socket, word: str) -> None:
        if word == control.STATUS:
            control.answer(sock, self._status())
            return
        connected = self._service.online()
        refused = word == control.STOP and bool(connected)
        control.answer(sock, {"stops": not refused, "connected": connected})
        self._ends = self._ends or not refused

    def _status(self) -> dict[str, Any]:
        kept, online = self._service.state.kept, self._service.online()
        cell = kept.cell
        return {
            "servers": [
                {
                    "server_id": who,
                    "host": host,
                    "status": "online" if who in online else "offline",
                }
                for who, host in self._hosts.items()
            ],
            "identity": kept.identity,
            "system": kept.system,
            "cell": cell
            and {"epoch": cell.epoch, "state": cell.state, "who": cell.who},
            "trouble": self._service.trouble,
        }


def serve(settings: ArbiterSettings, opened: House, keeper: Keeper, kept: Kept) -> None:
    """Serve what is open until it is to end."""
    Serving(settings, opened, keeper, kept).run()
