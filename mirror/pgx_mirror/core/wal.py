"""WAL positions as PostgreSQL writes them, and as numbers."""

from __future__ import annotations


def number(text: str) -> int:
    """Return the position *text* (`16/B374D848`) as a number.  Raises ValueError."""
    high, slash, low = text.partition("/")
    if not slash:
        raise ValueError(f'not a WAL position: "{text}"')
    return (int(high, 16) << 32) + int(low, 16)


def text(position: int) -> str:
    """Return *position* as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"
