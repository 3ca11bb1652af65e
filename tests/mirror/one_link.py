"""The second server's link as a process of its own, which says a number each 0.1 s."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.peer.settings import Address, Settings
from tests.mirror.two_links import SECRET, End, steps


def run(mine: int, theirs: int) -> None:
    """Listen at *mine*, dial *theirs*, until killed."""
    place = Address("127.0.0.1", mine)
    settings = Settings(
        "server2", "server1", place, replace(place, port=theirs), SECRET
    )
    end, said = End(settings), 0
    while True:
        said += 1
        end.say(said)
        steps(0.1, end)
