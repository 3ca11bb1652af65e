"""What was seen of a resource, before anything is made of it.  Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """What the record says; *monitor*, *postmaster* are PIDs, 0 for none that lives."""

    state: str
    reason: str
    monitor: int
    postmaster: int
    more: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What Check answers, and what there is besides.

    code      Check's own
    starts    it would start a monitor
    unwatched a server of its data directory runs, as far as names tell
    gone      the postmaster of the record that it went by is
    why       what could not be read
    record    this boot's, where there is one
    earlier   there is one of an earlier boot
    working   the script that works now, or none
    now       CLOCK_MONOTONIC in ms, and
    clock     the wall clock in ms, of one moment
    settings  the word of what is registered, where that can be read: pgx_pclrsc.core.live
    """

    code: int
    starts: bool
    unwatched: bool
    gone: bool
    why: str
    record: tuple[Kept, ...]
    earlier: bool
    working: str
    now: int
    clock: int
    settings: str = ""
