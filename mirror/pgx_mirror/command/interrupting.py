"""Signals that end a command which takes back what it has begun."""

from __future__ import annotations

import signal

_HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def taken_back() -> None:
    """Have the signals that can be heeded end what is done by KeyboardInterrupt, once."""
    for number in _HEEDED:
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    """Take back what was begun, and be interrupted no more meanwhile."""
    for each in _HEEDED:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
