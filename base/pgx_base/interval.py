"""The interval of `--watch`, as a command line gives it.  Pure."""

from __future__ import annotations

import re

from pgx_base.failure import Failure
from pgx_base.text import quoted

# Seconds: how often where that is not said, and how often it may be.
OPTION, USUAL = "--watch", "2"
_SHORTEST, _LONGEST = 0.1, 86400.0


def plain(word: str) -> str:
    """Return `--watch` alone with the usual interval; any other *word* as it is."""
    return f"{OPTION}={USUAL}" if word == OPTION else word


def problems(text: str) -> list[Failure]:
    """Return what is wrong with *text* as an interval."""
    number = float(text) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) else 0.0
    if _SHORTEST <= number <= _LONGEST:
        return []
    detail = f"It must be a number of seconds from {_SHORTEST} to {_LONGEST:.0f}."
    return [Failure(f"invalid interval {quoted(text)}", detail=detail)]
