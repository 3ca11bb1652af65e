"""The forms that mc_ctl status is printed in."""

from __future__ import annotations

from typing import Any

from pgx_mirror.command.finding import Found
from pgx_mirror.core.status import shown


def text(found: Found) -> str:
    """Return it in the manual's layout."""
    return shown.text(found.status)


def plain(found: Found) -> dict[str, Any]:
    """Return what is printed as JSON."""
    return shown.for_programs(found.status)


def prometheus(found: Found) -> str:
    """Return it in Prometheus' text exposition format."""
    from pgx_mirror.core.status.prometheus import exposition

    return exposition(found.server, found.status, found.more, runs=found.runs)
