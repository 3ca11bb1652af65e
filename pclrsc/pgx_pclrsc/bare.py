"""`signal` and `socket` as they are below their enums, which take 5 ms to load.

A switch waits for pgx_offline and pgx_online to load.  What is here are the C modules
under the public ones: the same calls, with plain numbers.
"""

from __future__ import annotations

import _socket as socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal

__all__ = ["signal", "socket"]
