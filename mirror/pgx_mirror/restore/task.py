"""What pgx_rcvall is asked for, whom it tells, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pgx_base.failure import Failure


class Refused(Exception):
    """All reasons why nothing was begun."""

    def __init__(self, reasons: list[Failure]) -> None:
        super().__init__()
        self.reasons = reasons


class Teller(Protocol):
    """Who hears what is done."""

    def say(self, text: str) -> None:
        """Hear of progress."""

    def warn(self, what: Failure) -> None:
        """Hear of what does no harm yet."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be restored: *data* from backup *name*, the newest where that is empty.

    up_to_gap  also where the log has a gap, or cannot be read, before its end
    """

    data: str
    destination: str
    name: str = ""
    up_to_gap: bool = False
