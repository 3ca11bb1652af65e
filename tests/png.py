"""Reading a PNG of 8 bits without interlace, as a browser writes one."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from dataclasses import dataclass

_HEAD = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # RGB, RGB with alpha
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of bytes, *channels* a pixel."""

    width: int
    height: int
    channels: int
    rows: tuple[bytes, ...]

    def colours(self) -> Counter[Colour]:
        """Return how many pixels each colour has."""
        found: Counter[Colour] = Counter()
        for row in self.rows:
            parts = (row[i :: self.channels] for i in range(3))
            found.update(zip(*parts, strict=True))
        return found


def read(data: bytes) -> Picture:
    """Return the picture in *data*.  Raises AssertionError for another form."""
    assert data.startswith(_HEAD)
    at, packed, head = len(_HEAD), b"", b""
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        packed += body if kind == b"IDAT" else b""
        head = body if kind == b"IHDR" else head
        at += size + 12
    width, height, depth, kind_of, _, _, interlace = struct.unpack(">IIBBBBB", head)
    assert (depth, interlace) == (8, 0)
    channels = _CHANNELS[kind_of]
    return Picture(
        width, height, channels, _rows(zlib.decompress(packed), width, channels)
    )


def _rows(raw: bytes, width: int, channels: int) -> tuple[bytes, ...]:
    size = width * channels
    before, rows = bytes(size), []
    for at in range(0, len(raw), size + 1):
        before = _unfiltered(raw[at], raw[at + 1 : at + 1 + size], before, channels)
        rows.append(before)
    return tuple(rows)


def _unfiltered(kind: int, row: bytes, before: bytes, channels: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(row, before, strict=True))
    made = bytearray(row)
    for i, up in enumerate(before):
        left = made[i - channels] if i >= channels else 0
        if kind == 1:
            made[i] = (made[i] + left) & 255
        elif kind == 3:
            made[i] = (made[i] + (left + up) // 2) & 255
        else:
            corner = before[i - channels] if i >= channels else 0
            made[i] = (made[i] + _paeth(left, up, corner)) & 255
    return bytes(made)


def _paeth(left: int, up: int, corner: int) -> int:
    """Return the neighbour that is nearest to where all three point."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))
