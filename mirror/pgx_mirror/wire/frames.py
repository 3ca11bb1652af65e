"""Frames: a header of eight bytes (PGX, version, length), then the payload."""

from __future__ import annotations

from struct import Struct

from pgx_mirror.wire.refused import Garbage, OtherVersion, TooLong

VERSION = 1
LONGEST = 64 * 1024 + 64
_START = b"PGX"
_HEADER = Struct(">3sBI")


def frame(payload: bytes) -> bytes:
    """Return *payload* (at most LONGEST bytes) as a frame.  Raises ValueError."""
    if len(payload) > LONGEST:
        raise ValueError(f"a payload of {len(payload)} bytes")
    return _HEADER.pack(_START, VERSION, len(payload)) + payload


class Frames:
    """Cuts a stream of bytes into payloads, whatever the reads that it comes in.

    It holds at most one frame that is not complete, beside what was put in last: whoever
    reads in portions needs no other bound.
    """

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._held = bytearray()

    def put(self, data: bytes) -> None:
        """Add *data*, the next bytes of the stream."""
        self._held += data

    def take(self) -> bytes | None:
        """Return the next payload, None if it is not complete.

        Raises Garbage, OtherVersion, TooLong as soon as the header shows it.
        """
        if not _START.startswith(self._held[: len(_START)]):
            raise Garbage("what was sent is not this protocol")
        if len(self._held) < _HEADER.size:
            return None
        end = _HEADER.size + self._length()
        if len(self._held) < end:
            return None
        payload = bytes(self._held[_HEADER.size : end])
        del self._held[:end]
        return payload

    def _length(self) -> int:
        _, version, length = _HEADER.unpack_from(self._held)
        if version != VERSION:
            raise OtherVersion(
                f"it speaks version {version} of the protocol, and this program {VERSION}"
            )
        if length > self.longest:
            raise TooLong(
                f"a frame of {length} bytes, where at most {self.longest} are accepted"
            )
        return int(length)
