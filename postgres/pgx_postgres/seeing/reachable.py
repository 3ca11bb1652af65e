"""Which addresses of a server can be gone to without hanging on the way?

connect() to a Unix-domain socket looks its path up, and waits in the kernel where that
lies on a disk that does not answer, however non-blocking the socket is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from pgx_postgres.probe.addresses import Address
from pgx_postgres.seeing.beside import Beside


class Reachable:
    """Looks at the way to each local socket first, beside the loop."""

    def __init__(self) -> None:
        self._ways: dict[str, Beside[bool]] = {}

    def of(self, addresses: Sequence[Address]) -> list[Address]:
        """Return those of *addresses* that do not hang, in their order."""
        return [address for address in addresses if self._answers(address)]

    def _answers(self, address: Address) -> bool:
        path = address.socket_path
        if not address.is_local or isinstance(path, bytes):
            return True  # no path: TCP, or the abstract namespace
        if path not in self._ways:
            self._ways[path] = Beside(lambda: _look(path), False)
        return self._ways[path].ask()


def _look(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        pass  # to say what is wrong there is connect's part
    return True
