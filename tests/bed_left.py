"""What a killed bed has left is cleared: by a test, or by whoever makes a bed beside it."""

from __future__ import annotations

from pathlib import Path

from fixtures.bed import leftovers
from fixtures.processes import wait_until


def until_cleared(home: str | Path) -> None:
    """Clear what dead beds have left, and see that what was made below *home* is gone.

    Another worker may have taken the dead one's slot meanwhile, which it clears for that;
    the directory goes last.
    """
    leftovers.clear_all()
    wait_until(lambda: not Path(home).exists(), "all of it is cleared")


def is_claimed(slot: int, home: str | Path) -> bool:
    """Whether a slot is the claim of who works below *home*: another bed may have it now."""
    try:
        return str(home) in (leftovers.WHERE / str(slot)).read_text()
    except OSError:
        return False


def bridge(slot: str) -> str:
    """Return the number of a slot's bridge, "" without one: the next bed there has another."""
    try:
        return Path(f"/sys/class/net/pgxbr{slot}/ifindex").read_text()
    except OSError:
        return ""
