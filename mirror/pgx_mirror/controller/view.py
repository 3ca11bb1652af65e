"""What mc_ctl status is told: from what the controller knows, without asking anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pgx_mirror.conf.settings import Settings
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics, joining
from pgx_mirror.core.mark import ALONE
from pgx_mirror.core.report import UP
from pgx_mirror.core.status import shown
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import Reason


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
        reasons=_reasons(facts),
    )
    return {"status": shown.plain(found)}


def _reasons(facts: Facts) -> tuple[Reason, ...]:
    found = []
    if facts.poisoned:
        text = "a position beyond its own WAL was reported to the primary"
        found.append(
            Reason(text, "Restart it when that is possible: mc_ctl stop, start.")
        )
    elif facts.conf_failed:
        found.append(Reason(f"postgresql.conf: {facts.conf_failed}"))
    else:
        found += _unjoined(facts)
    if facts.mark_failed:
        found.append(Reason(f"the mark could not be written: {facts.mark_failed}"))
    seen = facts.seen
    if seen is not None:
        found += [Reason(f"PostgreSQL reads: {error}") for error in seen.file_errors]
        found += [
            Reason(f"synchronous_commit is no guarantee for {who}")
            for who in seen.loose
        ]
    return tuple(found)


def _unjoined(facts: Facts) -> Iterator[Reason]:
    """Yield what keeps a primary that is alone from forming a pair."""
    if facts.standby or not basics.is_in(facts, ALONE) or facts.server != UP:
        return
    if facts.seen is not None and facts.seen.file_errors:
        return  # each is a reason of its own
    peer, theirs = facts.peer, basics.peer_mark(facts)
    if why := joining.hindrance(facts):
        yield Reason(f"the primary can have no standby: {why}")
    elif not basics.is_heard(facts, time.monotonic()) or peer is None or theirs is None:
        return
    elif peer.unable or peer.server != UP:
        return  # told of the standby
    elif why := joining.why_not(facts, peer, theirs):
        yield Reason(f"the standby cannot be joined: {why}")
