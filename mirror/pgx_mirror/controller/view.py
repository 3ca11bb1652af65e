"""What mc_ctl status is told: from what the controller knows, without asking anybody."""

from __future__ import annotations

import time

from pgx_mirror.conf.settings import Settings
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics
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
    if facts.conf_failed:
        found.append(Reason(f"postgresql.conf: {facts.conf_failed}"))
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
