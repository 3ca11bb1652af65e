"""Traces of two controllers, as they write them."""

from __future__ import annotations

from pgx_base import trace_lines
from pgx_base.trace import facts
from pgx_mirror.history import told
from pgx_mirror.history.told import Told
from pgx_mirror.messages import pair, peer, server
from pgx_mirror.messages.message import Message, words
from tests.traces import Written


class Controller(Written):
    """The trace of one controller."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def note(self, text: str, after: float = 0.0) -> float:
        """Have it note *text*."""
        return self.write(f"mc_main({self.name})", 7, text, after)

    def mark(self, state: str, epoch: int, after: float = 0.0) -> float:
        """Have its mark changed."""
        return self.note(facts("mark", state=state, epoch=epoch, pair=0), after)

    def say(self, message: Message, after: float = 0.0, **given: object) -> float:
        """Have it say *message*."""
        return self.note(words(message, given), after)


def read(*traces: Controller) -> Told:
    """Return what *traces* tell, a second after the last of them."""
    now = max(trace.now for trace in traces) + 1
    return told.read([trace_lines.read(one.text, now).lines for one in traces], now)


def taken_over() -> tuple[Controller, Controller]:
    """A primary that dies, and its standby that takes over."""
    nd1, nd2 = Controller("nd1"), Controller("nd2")
    nd1.mark("PAIR", 2)
    nd2.mark("SYNC", 2)
    nd1.say(server.FAILED, 60, server="nd1", reason="its postmaster has ended")
    nd1.note(facts("server", was="up", now="down"))
    nd2.say(peer.LOST, 61, server="nd1", reason="the connection was reset")
    nd2.say(peer.NO_RESPONSE, 10, server="nd1")
    nd2.say(pair.SWITCHING, 1, server="nd2", reason="the primary does not answer")
    nd2.mark("ALONE", 3, 1)
    nd2.say(pair.PROMOTED, 1)
    nd1.mark("GIVEN", 3, 600)
    nd2.say(peer.HEARD, 590, server="nd1")
    return nd1, nd2
