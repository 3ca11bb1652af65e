"""The forms that mc_ctl status is printed in."""

from __future__ import annotations

from typing import Any

from pgx_mirror.command.finding import Found
from pgx_mirror.command.request import Request
from pgx_mirror.core.status import besides, shown


def text(found: Found, asked: Request) -> str:
    """Return it in the manual's layout, and below the table what is asked for besides."""
    below = [besides.lag_line(found.more)] if "--lag" in asked.flags else []
    return shown.text(found.status, below)


def plain(found: Found, asked: Request) -> dict[str, Any]:
    """Return what is printed as JSON."""
    known = shown.for_programs(found.status)
    if "--lag" in asked.flags:
        known["lag"] = besides.lag_plain(found.more)
    return known


def prometheus(found: Found) -> str:
    """Return it in Prometheus' text exposition format."""
    from pgx_mirror.core.status.prometheus import exposition

    return exposition(found.server, found.status, found.more, runs=found.runs)
