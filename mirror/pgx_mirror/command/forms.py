"""The forms that mc_ctl status is printed in: the pair, or the arbiter as its servers see it."""

from __future__ import annotations

from typing import Any

from pgx_base.failure import Failure
from pgx_mirror.command.finding import Found
from pgx_mirror.command.request import Request
from pgx_mirror.core.facts import ARBITRATION
from pgx_mirror.core.status import arbiter as arbiters
from pgx_mirror.core.status import besides, shown
from pgx_mirror.core.status.more import ETCD, Arbiter
from pgx_mirror.core.status.values import SWITCHABLE, Reason


def is_well(found: Found, asked: Request) -> bool:
    """Whether what is asked for is as it should be.  Raises Failure without an arbiter."""
    if "--arbiter" in asked.flags:
        return arbiters.status(_arbiter(found)[0]) == arbiters.ONLINE
    return found.status.mirroring == SWITCHABLE


def text(found: Found, asked: Request) -> str:
    """Return it in the manual's layout, and below the table what is asked for besides.

    Raises Failure without an arbiter.
    """
    if "--arbiter" in asked.flags:
        return arbiters.text(*_arbiter(found))
    below = [besides.lag_line(found.more)] if "--lag" in asked.flags else []
    return shown.text(found.status, below)


def plain(found: Found, asked: Request) -> dict[str, Any]:
    """Return what is printed as JSON.  Raises Failure without an arbiter."""
    if "--arbiter" in asked.flags:
        return arbiters.plain(*_arbiter(found))
    known = shown.for_programs(found.status)
    if "--lag" in asked.flags:
        known["lag"] = besides.lag_plain(found.more)
    return known


def prometheus(found: Found) -> str:
    """Return it in Prometheus' text exposition format."""
    from pgx_mirror.core.status.prometheus import exposition

    server = found.settings.identifier
    return exposition(server, found.status, found.more, runs=found.runs)


def _arbiter(found: Found) -> tuple[Arbiter, tuple[Reason, ...]]:
    """Return the arbiter, and why it is not well.  Raises Failure where there is none."""
    if not found.runs:
        return _by_files(found), found.status.reasons[:1]
    if found.more is None:
        raise Failure(
            "the controller does not tell of the arbiter",
            detail="It may be another version's.",
            hint="mc_ctl stop --mc-only, then mc_ctl start --mc-only.",
        )
    known = found.more.arbiter
    if known is None:
        raise _none(found)
    return known, arbiters.reasons(known)


def _by_files(found: Found) -> Arbiter:
    """Return whom a controller would ask.  Raises Failure where it would ask nobody."""
    line, policy = found.settings.arbiter, found.settings.policy
    if found.settings.etcd:
        members = tuple((str(end), False) for end in found.settings.etcd)
        return Arbiter(ETCD, "", members=members)
    if line is None or policy != ARBITRATION:
        raise _none(found)
    return Arbiter(line.identifier, line.admin.host)


def _none(found: Found) -> Failure:
    detail = "heartbeat_error_action is not arbitration, so nobody asks one."
    if found.settings.arbiter is None:
        detail = 'network.conf has no line of type "arbiter".'
    return Failure("the pair has no arbiter", detail=detail)
