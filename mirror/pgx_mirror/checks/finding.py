"""What a check has found: an error, for which no standby is made, or a warning.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pgx_base.failure import Failure


@dataclass(frozen=True, slots=True)
class Finding:
    """*what* was found; a server that runs is never ended by it, *is_error* or not."""

    what: Failure
    is_error: bool = False


def errors(found: Iterable[Finding]) -> list[Failure]:
    """Return what a standby is not made for."""
    return [one.what for one in found if one.is_error]


def warnings(found: Iterable[Finding]) -> list[Failure]:
    """Return what does no harm yet."""
    return [one.what for one in found if not one.is_error]
