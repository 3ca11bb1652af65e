"""What a report is about, besides what was read.  Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """A resource on a node, and the time that is shown.

    since     from when on, None for all that is known
    now       the moment of the report
    limit     ms that an answer may take, 0 for ever
    settings  what of its definition bears on what is shown
    notes     what else is to be known of what was read
    made      by which version, and when
    """

    name: str
    node: str
    since: float | None
    now: float
    limit: float
    settings: str
    notes: tuple[str, ...]
    made: str
