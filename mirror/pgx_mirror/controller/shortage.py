"""Whether it is news that something cannot be had: said once a minute while it lasts."""

from __future__ import annotations

AGAIN = 60.0  # seconds


class Shortage:
    """One kind of thing that is short."""

    def __init__(self) -> None:
        self._next = float("-inf")

    def is_news(self, now: float) -> bool:
        """Whether to say so at *now*, in monotonic seconds."""
        if now < self._next:
            return False
        self._next = now + AGAIN
        return True
