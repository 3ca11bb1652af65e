"""To the system log, and never a wait for it."""

from __future__ import annotations

import os

from pgx_base import system_log
from pgx_mirror.messages import controller as messages
from pgx_mirror.messages.message import PRIORITY, Message, words

_LOCAL0 = 16
_AGAIN = 1.0  # seconds until a system log is tried again that took nothing


def log(ident: str, facility: str, message: Message, **parameters: object) -> bool:
    """Send *message* as `ident[pid]: type: text (number)`; return whether it was taken.

    *ident* and *facility* (LOCAL0 to LOCAL7) are syslog_ident and syslog_facility.  A
    system log that is away, or that hangs with its queue full, does not get it.
    """
    number = _LOCAL0 + int(facility.removeprefix("LOCAL"))
    text = words(message, parameters)
    return system_log.send_as(number, PRIORITY[message.kind], ident, text, os.getpid())


class Log:
    """One program's messages: those that the system log does not take are counted, and told."""

    def __init__(self, ident: str, facility: str) -> None:
        self._ident, self._facility = ident, facility
        self._lost = 0
        self._try_at = 0.0

    def say(self, message: Message, **parameters: object) -> None:
        """Send *message*, behind how many were lost before it."""
        self._tell_lost()
        if self._lost or not log(self._ident, self._facility, message, **parameters):
            self._lost += 1

    def turn(self, now: float) -> None:
        """Tell how many were lost, as soon as the system log is there again."""
        if self._lost and now >= self._try_at:
            self._try_at = now + _AGAIN
            self._tell_lost()

    def _tell_lost(self) -> None:
        if self._lost and log(
            self._ident, self._facility, messages.LOST_MESSAGES, count=self._lost
        ):
            self._lost = 0
