"""A hand that looks at the server each heartbeat_interval, and oftener when told to."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pgx_base.idents import Ident
from pgx_mirror.controller.jobs.sessions import access
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.core.seen import Seen
from pgx_mirror.database.look import Looker
from pgx_mirror.database.slots import SlotKeeper
from pgx_mirror.database.trouble import Refused, Trouble
from pgx_mirror.hands.line import Line

# Seconds between looks while a pair forms, and the most while there is one: when the
# standby's last word came is known to its primary only by the look that has shown it.
_FAST, _PAIRED = 0.05, 0.4
_LOGIN = "28"  # the class of SQLSTATE
_WITHIN = 5.0  # seconds that one look may take


@dataclass(frozen=True, slots=True)
class Pace:
    """How to look: *fast* while a pair forms; *probe* commits while there is a pair.

    *write*: commit something that waits for nobody, since a disk is slow.  *seek*: probe
    whether others commit or not, since somebody waits to hear that commits pass.
    """

    fast: bool = False
    probe: bool = False
    write: bool = False
    seek: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen by a look that began at *began*."""

    seen: Seen
    began: float


@dataclass(frozen=True, slots=True)
class NoLook:
    """Why there was none; *refused*: the server let us not in, which is no error of it."""

    why: str
    refused: bool = False


def pause(pace: Pace, interval: float) -> float:
    """Return how many seconds lie between the beginnings of two looks at *pace*."""
    if pace.fast:
        return _FAST
    return min(interval, _PAIRED) if pace.probe else interval


def _is_login(ex: Trouble) -> bool:
    return isinstance(ex, Refused) and ex.sqlstate.startswith(_LOGIN)


def look_on(
    line: Line, site: Site, postmaster: Ident, interval: float, pace: Pace
) -> None:
    """Look at the server of *postmaster* until it, or the controller, is gone."""
    where = access(site, postmaster)
    looker, keeper, failed = Looker(where), SlotKeeper(where, site.slot), ""
    while True:
        began = time.monotonic()
        try:
            seen = looker.look(
                _WITHIN, probe=pace.probe, write=pace.write, seek=pace.seek
            )
            line.say(Look(seen, began))
            if site.slot and (done := keeper.step(seen.recovery, time.monotonic())):
                line.say(done)
            failed = ""
        except Trouble as ex:
            if str(ex) != failed:
                line.say(NoLook(str(ex), _is_login(ex)))
            failed = str(ex)
            if not where.addresses:  # its PID file may not have told them yet
                where = access(site, postmaster)
                looker, keeper = Looker(where), SlotKeeper(where, site.slot)
        wait = began + pause(pace, interval) - time.monotonic()
        told = line.told(max(0.0, wait))
        pace = told if isinstance(told, Pace) else pace
