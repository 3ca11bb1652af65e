"""What is shown beside the manual's table to who asks for it: the lag.  Pure.  All is ours."""

from __future__ import annotations

from typing import Any

from pgx_base.text import quoted
from pgx_mirror.core.status.more import Lag, More


def lag_line(more: More | None) -> str:
    """Return how far the standby is behind, as the line below the table."""
    lag = None if more is None else more.lag
    if lag is None:
        return "lag: not known"
    behind = (
        f"{_bytes(lag.flushed)} to be flushed, {_bytes(lag.replayed)} to be replayed"
    )
    return f"lag: server {quoted(lag.server_id)}: {behind}"


def _bytes(count: int | None) -> str:
    if count is None:
        return "unknown"
    return "1 byte" if count == 1 else f"{count} bytes"


def lag_plain(more: More | None) -> dict[str, Any] | None:
    """Return the same for JSON, in bytes; None where it is not known."""
    lag = None if more is None else more.lag
    return None if lag is None else _lag(lag)


def _lag(lag: Lag) -> dict[str, Any]:
    return {
        "server_id": lag.server_id,
        "flushed_bytes": lag.flushed,
        "replayed_bytes": lag.replayed,
    }
