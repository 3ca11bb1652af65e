"""`--since`: from when on something is shown.  Pure."""

from __future__ import annotations

import re

from pgx_base import moments
from pgx_base.failure import Failure
from pgx_base.text import quoted

_AGO = re.compile(r"([0-9]{1,6})(s|min|h|d)")
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": moments.DAY}
_TODAY = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def read(text: str, now: float) -> float | None:
    """Return the moment that *text* is, at *now*; None where it is none."""
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS[ago[2]]
    if _TODAY.fullmatch(text):
        text = f"{moments.day(now)} {text}"
    return moments.read(text)


def problems(text: str) -> list[Failure]:
    """Return what is wrong with *text* as a time."""
    if read(text, 0.0) is not None:
        return []
    return [
        Failure(
            f"invalid time {quoted(text)}",
            detail='It must be a time of this node\'s clock, as "2026-11-29 17:00", '
            '"2026-11-29" or "17:00", or as long ago as "90min", "6h" or "7d".',
        )
    ]
