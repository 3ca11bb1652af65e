"""The words of `mc_ctl status` (manual 7.2), and a status as a value.

`failover-disabled`, `switching`, `unknown` and `none(inactivated standby)` are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SWITCHABLE, SWITCHED, NOT_SWITCHABLE = "switchable", "switched", "not-switchable"
FAILOVER_DISABLED, SWITCHING = "failover-disabled", "switching"
UNKNOWN, NORMAL, ABNORMAL = "unknown", "normal", "abnormal"
PRIMARY, STANDBY = "primary", "standby"
OLD_PRIMARY, OLD_STANDBY = "none(inactivated primary)", "none(inactivated standby)"
NO_POSTMASTER = "abnormal(postmaster)"
# Why there is no instance to be started, where it is no setup's to make one.
UNRESTORED = "the restore of its data directory was not finished"
RESTORES = {UNRESTORED: "Run pgx_rcvall again there."}


@dataclass(frozen=True, slots=True)
class Row:
    """One server, column by column.

    *mark* and *epoch* are what it has durably promised, *position* how far its WAL is
    flushed; all three are empty where nothing is known.
    """

    server_id: str
    host_role: str
    host: str
    host_status: str
    db_proc_status: str
    disk_status: str
    mark: str = ""
    epoch: int = 0
    position: int = 0


# In which order reasons stand, the worst first: that nobody serves, or two do; what the
# primary's clients feel; that a server is lost to the pair; what a standby lacks; that nobody
# could decide; what is no guarantee, or passes by itself.
NOBODY, SERVING, LOST, LACKS, DECIDING, BESIDES = range(6)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the status is not better, and the way out; *rank*: which of them stands first."""

    text: str
    hint: str
    rank: int = field(default=LACKS, compare=False, repr=False)


def worst_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return *reasons* in the order in which they are to be read, each once."""
    return tuple(sorted(dict.fromkeys(reasons), key=lambda one: one.rank))


def plain(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    """Return *reasons* as what JSON can hold."""
    return [{"text": one.text, "hint": one.hint} for one in reasons]


@dataclass(frozen=True, slots=True)
class Status:
    """The status of the pair, a row for each server in network.conf's order, and why."""

    mirroring: str
    rows: tuple[Row, ...]
    reasons: tuple[Reason, ...] = ()
