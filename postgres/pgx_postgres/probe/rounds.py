"""Which of a server's addresses is tried next, and which of them have no room."""

from __future__ import annotations

from collections.abc import Sequence

from pgx_postgres.probe.addresses import Address


class Rounds:
    """One round through all *addresses* after the other, as long as nobody lets us in."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._all = list(addresses)
        self._left = list(addresses)
        self._full: dict[Address, str] = {}
        self.tries = 0

    def has_more(self) -> bool:
        """Whether there is an address left in this round."""
        return bool(self._left)

    def next(self) -> Address:
        """Return the next address of this round."""
        return self._left.pop(0)

    def again(self) -> None:
        """Begin another round."""
        self.tries += 1
        self._left = list(self._all)

    def full(self, address: Address, why: str) -> str:
        """Note that *address* has no room, and return it in words."""
        return self._full.setdefault(address, f"{why} at {address}")

    def is_detour(self, address: Address) -> bool:
        """Whether we came to *address* for a full queue elsewhere alone."""
        return bool(self._full) and address not in self._full

    def leave(self, address: Address) -> str:
        """Try *address* no more, and return in words which one has no room."""
        self._all.remove(address)
        return next(reversed(self._full.values()))
