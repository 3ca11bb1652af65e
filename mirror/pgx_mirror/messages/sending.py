"""To the system log, and never a wait for it."""

from __future__ import annotations

import os

from pgx_base import system_log
from pgx_mirror.messages.message import PRIORITY, Message, words

_LOCAL0 = 16


def log(ident: str, facility: str, message: Message, **parameters: object) -> bool:
    """Send *message* as `ident[pid]: type: text (number)`; return whether it was taken.

    *ident* and *facility* (LOCAL0 to LOCAL7) are syslog_ident and syslog_facility.  A
    system log that is away, or that hangs with its queue full, does not get it.
    """
    number = _LOCAL0 + int(facility.removeprefix("LOCAL"))
    text = words(message, parameters)
    return system_log.send_as(number, PRIORITY[message.kind], ident, text, os.getpid())
