"""What is known of a resource, as it is shown: made of what was seen.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pgx_pclrsc.core import more, verdict
from pgx_pclrsc.core.more import More
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.status.core.seen import Kept, Seen

ONLINE, OFFLINE, FAULTED, UNKNOWN = "online", "offline", "faulted", "unknown"
STATES = (ONLINE, OFFLINE, FAULTED, UNKNOWN)
_BY_CODE = (ONLINE, OFFLINE, FAULTED)  # Check's 0, 1, 2
# The record's states under which an answer of Check came to be when the record's did.
_AS_RECORDED = {
    ONLINE: ("online",),
    OFFLINE: ("none", "starting"),
    FAULTED: ("faulted",),
}

_RESTART = "; pgx_pclrsc --restart-monitor ends it, pgx_check then starts another"

# Writes seconds of the wall clock as ISO 8601, in local time with its offset.
Local = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the past: seconds of the wall clock, the same as text, and seconds ago."""

    clock: float
    text: str
    ago: float


@dataclass(frozen=True, slots=True)
class Transition:
    """What the last script has done that changed the state."""

    script: str
    mode: str
    at: Moment


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown of a resource; what is not known is None, or not there.

    *notes* say what else is to be known, as why something is not.
    """

    name: str
    node: str
    state: str
    why: str = ""
    since: Moment | None = None
    answered: Moment | None = None
    latency: float | None = None
    failures: int | None = None
    warned: int | None = None
    warnings: tuple[str, ...] = ()
    monitor: int | None = None
    version: str | None = None
    postmaster: int | None = None
    working: str = ""
    transition: Transition | None = None
    notes: tuple[str, ...] = ()


def view_of(
    name: str, node: str, seen: Seen | Unknown, version: str, local: Local
) -> View:
    """Return what is to be shown of resource *name* by programs of *version*."""
    if isinstance(seen, Unknown):
        return View(name, node, UNKNOWN, why=seen.why)
    known = _Known(seen, local)
    return View(
        name,
        node,
        known.state,
        why=known.why(),
        since=known.since(),
        **known.asked(),
        monitor=known.kept.monitor or None if known.kept else None,
        version=known.version(),
        postmaster=known.kept.postmaster or None if known.kept else None,
        working=seen.working,
        transition=known.transition(),
        notes=tuple(known.notes(version)),
    )


class _Known:
    """What follows from what was seen."""

    def __init__(self, seen: Seen, local: Local) -> None:
        self._seen = seen
        self._local = local
        self.state = _BY_CODE[seen.code] if seen.code in (0, 1, 2) else UNKNOWN
        self.kept: Kept | None = seen.record[0] if seen.record else None
        self._more = more.decode(self.kept.more) if self.kept else None
        self._lives = bool(self.kept and self.kept.monitor)

    def why(self) -> str:
        if self.state == FAULTED:
            by_record = self.kept is not None and self.kept.state == FAULTED
            reason = self.kept.reason if self.kept and by_record else ""
            return verdict.why_faulted(reason, gone=self._seen.gone)
        if self.state != OFFLINE:
            return ""
        if self.kept and self.kept.state == "starting" and self.kept.postmaster:
            return "its server has not answered yet"
        if self._seen.unwatched:
            return "a server runs here without a monitor; the next pgx_check starts one"
        return ""

    def since(self) -> Moment | None:
        as_recorded = self.kept and self.kept.state in _AS_RECORDED.get(self.state, ())
        return self._moment(self._more.since) if self._more and as_recorded else None

    def _moment(self, at: int) -> Moment | None:
        """Return when *at* was, in ms of the monotonic clock; that cannot be set."""
        if not 0 < at <= self._seen.now:
            return None
        ago = (self._seen.now - at) / 1000
        clock = self._seen.clock / 1000 - ago
        return Moment(clock, self._local(clock), ago)

    def _told(self) -> More | None:
        """Return what a monitor has noted of the server that the state is about."""
        watched = self.kept is not None and self.kept.state in (ONLINE, FAULTED)
        return self._more if watched and self.state in (ONLINE, FAULTED) else None

    def asked(self) -> dict[str, Any]:
        told = self._told()
        if told is None:
            return {}
        answered = self._moment(told.answered)
        return {
            "answered": answered,
            "latency": told.latency / 1000 if answered else None,
            "failures": told.failures,
            "warned": told.warned,
            "warnings": told.warnings,
        }

    def version(self) -> str | None:
        return (self._more.version or None) if self._lives and self._more else None

    def transition(self) -> Transition | None:
        known = self._more
        at = self._moment(known.at) if known and known.script else None
        return Transition(known.script, known.mode, at) if known and at else None

    def _other_version(self, version: str) -> str:
        """Return of which version the monitor is, "" where it is of this one or there is none."""
        if not self._lives or self.kept is None:
            return ""
        if not self.kept.more:
            return "an older version, and says no more"
        if self._more is None:
            return "another version, and says more than is shown"
        other = self.version()
        return f"another version than {version}" if other not in (None, version) else ""

    def notes(self, version: str) -> list[str]:
        found = []
        if self._seen.why:
            found.append(f"not all can be read: {self._seen.why}")
        elif self._seen.earlier:
            found.append(
                "its record is of an earlier boot of this node, and says no more"
            )
        elif self.kept is None:
            found.append("it has no record: nothing was done with it on this node")
        if self.state == ONLINE and self._seen.starts:
            found.append("no monitor keeps watch; the next pgx_check starts one")
        if other := self._other_version(version):
            found.append(f"its monitor is of {other}{_RESTART}")
        if self._goes_by_others():
            found.append("its monitor goes by other settings than are registered")
        return found

    def _goes_by_others(self) -> bool:
        """Whether what it goes by is known, and is not what was changed by -m since."""
        its = self._more.settings if self._lives and self._more else ""
        return bool(its and self._seen.settings and its != self._seen.settings)
