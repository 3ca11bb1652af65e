"""The clock on the wall of this node."""

from __future__ import annotations

import calendar
import time


def now() -> float:
    """Return now, as it shows it: a moment of `pgx_base.moments`."""
    at = time.time()
    return calendar.timegm(time.localtime(at)) + at % 1
