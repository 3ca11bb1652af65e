"""Payloads under a session's key: counter, payload, tag."""

from __future__ import annotations

import hmac

from pgx_mirror.wire.proof import same
from pgx_mirror.wire.refused import Forged, Replayed

_COUNTER = 8
_TAG = 32
MORE = _COUNTER + _TAG


class Sealer:
    """One direction's sending end."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0

    def seal(self, payload: bytes) -> bytes:
        """Return *payload* with its number and its tag."""
        numbered = self._count.to_bytes(_COUNTER, "big") + payload
        self._count += 1
        return numbered + hmac.digest(self._key, numbered, "sha256")


class Opener:
    """One direction's receiving end: exactly what was sealed, in order, once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0

    def open(self, sealed: bytes) -> bytes:
        """Return the payload in *sealed*.  Raises Forged, Replayed."""
        numbered, tag = sealed[:-_TAG], sealed[-_TAG:]
        if not same(tag, hmac.digest(self._key, numbered, "sha256")):
            raise Forged("a frame was not made with the session's key")
        if int.from_bytes(numbered[:_COUNTER], "big") != self._count:
            raise Replayed("a frame is missing, or came again, or out of its order")
        self._count += 1
        return numbered[_COUNTER:]
