"""`socket` below its enums: the C module, with the same calls and plain numbers."""

from __future__ import annotations

from _socket import *  # noqa: F403
