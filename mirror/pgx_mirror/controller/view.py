"""What mc_ctl status is told: from what the controller knows, without asking anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pgx_mirror.conf.settings import Settings
from pgx_mirror.core.deciding import refusals
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics, joining
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import UP
from pgx_mirror.core.seen import Seen
from pgx_mirror.core.status import shown
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import Reason
from pgx_mirror.core.status.ways_out import way_out


def status(settings: Settings, facts: Facts) -> dict[str, object]:
    """Return the status as plain values, for the control socket."""
    now = time.monotonic()
    network = settings.network
    places = tuple((one.identifier, one.admin.host) for one in network.servers)
    found = status_of(
        report_of(facts, now),
        facts.peer,
        silent=not basics.is_heard(facts, now),
        places=places,
        reasons=reasons(facts, now),
    )
    return {"status": shown.plain(found)}


def reasons(facts: Facts, now: float) -> tuple[Reason, ...]:
    """Return what the controller knows besides both reports that keeps the pair from a switch."""
    found = []
    if facts.poisoned:
        text = "a position beyond its own WAL was reported to the primary"
        found.append(_reason("", text, facts.terms.me))
    elif facts.conf_failed:
        found.append(_reason("", f"postgresql.conf: {facts.conf_failed}", ""))
    else:
        found += _unjoined(facts, now)
    if facts.mark_failed:
        text = f"the mark could not be written: {facts.mark_failed}"
        found.append(Reason(text, "Make room, or look at the disk; it is tried again."))
    if facts.seen is not None:
        found += _seen(facts.seen)
    if (silent := refusals.undecided(facts, now)) is not None:
        found.append(Reason(silent.why, silent.hint))
    return tuple(found)


def _seen(seen: Seen) -> Iterator[Reason]:
    """Yield what is wrong with how PostgreSQL is configured."""
    for error in seen.file_errors:
        yield Reason(f"PostgreSQL reads: {error}", "Correct that line; pg_ctl reload.")
    for who in seen.loose:
        text = f"synchronous_commit is no guarantee for {who}"
        yield Reason(
            text, "Set it to on there, if what is committed so must not be lost."
        )


def _reason(before: str, why: str, server: str) -> Reason:
    return Reason(before + why, way_out(why, server))


def _unjoined(facts: Facts, now: float) -> Iterator[Reason]:
    """Yield what keeps a primary that is alone from forming a pair."""
    if facts.standby or not basics.is_in(facts, ALONE) or facts.server != UP:
        return
    if facts.seen is not None and facts.seen.file_errors:
        return  # each is a reason of its own
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if why := joining.hindrance(facts):
        yield _reason("the primary can have no standby: ", why, facts.terms.me)
    elif not basics.is_heard(facts, now) or peer is None or theirs is None:
        return
    elif peer.unable or peer.server != UP:
        return  # told of the standby
    elif why := joining.why_not(facts, peer, theirs):
        yield _reason("the standby cannot be joined: ", why, facts.terms.other)
