"""Bytes as a socket hands them out: in reads of any size."""

from __future__ import annotations

from hypothesis import strategies as st


def reads(data: st.DataObject, text: bytes) -> list[bytes]:
    """Return *text* in pieces that *data* draws."""
    found = []
    while text:
        size = data.draw(st.integers(1, 90))
        found.append(text[:size])
        text = text[size:]
    return found
