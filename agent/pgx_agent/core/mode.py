"""In which mode does a stop begin?"""

from __future__ import annotations

from pgx_agent.core.request import Request
from pgx_base.light.dataclasses import dataclass
from pgx_postgres.running.core.ladder import Mode


@dataclass(frozen=True, slots=True)
class Chosen:
    """The mode to begin with, and the reason for it in words."""

    mode: Mode
    because: str


def choose_mode(
    request: Request, *, faulted: bool, switch_mode: str = "immediate"
) -> Chosen:
    """Return the stop mode (manual 3.4 and 3.5); of the rows that match the first wins.

    *faulted*: the record says so.  *switch_mode* is the definition's, and changes a planned
    switch alone.
    """
    if faulted:
        return Chosen("immediate", "the instance is faulted")
    if request.urgent:
        return Chosen("immediate", request.urgent)
    if request.switches and switch_mode == "immediate":
        return Chosen("immediate", request.reason)
    return Chosen("fast", request.reason)
