"""Refusals, told once a minute for each address and kind: a flood must not fill the log."""

from __future__ import annotations

from pgx_mirror.peer.events import (
    FLOOD,
    GARBAGE,
    SECRET,
    STRANGER,
    TLS,
    VERSION,
    Refused,
)
from pgx_mirror.wire import refused

QUIET = 60.0  # seconds
_MOST = 32  # addresses and kinds that are remembered
_KINDS: dict[type[refused.Refused], str] = {
    refused.OtherSecret: SECRET,
    refused.OtherVersion: VERSION,
    refused.UnknownPeer: STRANGER,
    refused.OtherPurpose: STRANGER,
    refused.TlsRefused: TLS,
}


def kind_of(why: refused.Refused) -> str:
    """Return the word for *why*."""
    return _KINDS.get(type(why), GARBAGE)


class Refusals:
    """What was told of whom, and when.  Pure; bounded."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def event(self, address: str, why: str, kind: str, now: float) -> list[Refused]:
        """Return the event of this refusal, none where it was told less than QUIET ago.

        Where more addresses come than are remembered, one event stands for all the others.
        """
        key = address, kind
        if key not in self._told and len(self._told) >= _MOST:
            self._forget(now)
            if len(self._told) >= _MOST:
                key = "many addresses", FLOOD
        last, since = self._told.get(key, (now - QUIET, 0))
        if now - last < QUIET:
            self._told[key] = last, since + 1
            return []
        self._told[key] = now, 0
        return [Refused(key[0], why, key[1], since + 1)]

    def _forget(self, now: float) -> None:
        self._told = {k: v for k, v in self._told.items() if now - v[0] < QUIET}
