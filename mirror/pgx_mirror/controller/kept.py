"""What outlives a controller, as long as its watcher lives.  Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from pgx_mirror.core.facts import RUN, Facts


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether automatics are on, and what an operator has asked for.

    *restarts*: how often the controller was begun anew, and *why* the last time.
    """

    failover: bool = False
    wish: str = RUN
    stays_out: bool = False
    detached: str = ""
    restarts: int = 0
    why: str = ""


def of(facts: Facts, before: Kept) -> Kept:
    """Return what a controller after the one with *facts*, which began with *before*, is told."""
    return replace(
        before,
        failover=facts.failover,
        wish=facts.wish,
        stays_out=facts.stays_out,
        detached=facts.detached,
    )


def line(kept: Kept) -> bytes:
    """Return *kept* as one line, with its newline."""
    return json.dumps(asdict(kept)).encode() + b"\n"


def again(told: str, why: str, otherwise: Kept) -> Kept:
    """Return what a controller that is begun anew begins with, since the last one *why*.

    *told* is the last one's last line, empty where it has said nothing: then *otherwise*.
    """
    last = Kept(**json.loads(told)) if told else otherwise
    return replace(last, restarts=last.restarts + 1, why=why)
