"""What mc_ctl status is told: from what the controller knows, without asking anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import more
from pgx_mirror.core.deciding import refusals
from pgx_mirror.core.deciding.say import report_of
from pgx_mirror.core.facts import COMMAND, FALLBACK, MESSAGE, Facts, Terms
from pgx_mirror.core.known import basics, joining, primary, standby
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from pgx_mirror.core.report import UP
from pgx_mirror.core.seen import Seen
from pgx_mirror.core.status import shown
from pgx_mirror.core.status.more import plain
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import BESIDES, DECIDING, LACKS, SERVING, Reason
from pgx_mirror.core.status.view import Silence
from pgx_mirror.core.status.ways_out import way_out
from pgx_mirror.peer.events import SECRET, TLS, VERSION, Refused

_LOGIN = (
    "Correct .pgpass or db_instance_password on that server, or its pg_hba.conf and pg_ctl "
    "reload."
)
_LINK = "If that is the other server, see the system log of both."
_LINKS = {
    SECRET: "If that is the other server: copy the file secret, mode 0600, from one to the "
    "other; then mc_ctl stop --mc-only and mc_ctl start --mc-only where it has changed.",
    VERSION: "If that is the other server: install the same release on both.",
    TLS: "If that is the other server: both need certificates of one CA, admin_ssl_* in "
    "serverIdentifier.conf.",
}

_DIFFERS = {
    SECRET: "its file secret is another",
    VERSION: "its release is another",
    TLS: "its certificate is not accepted",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What a controller knows beside the facts.

    login  why its server refuses the controller's sessions, empty where it does not
    members  of etcd, and whether each answers; none where an arbiter is asked
    differs  what the peer has otherwise, as it is here and there
    link   who was turned away from the admin network last, where the peer is not heard
    """

    login: str = ""
    link: Refused | None = None
    members: more.Members = ()
    differs: tuple[tuple[str, str, str], ...] = ()


def status(settings: Settings, facts: Facts, beside: Beside) -> dict[str, object]:
    """Return the status as plain values, for the control socket."""
    now = time.monotonic()
    network = settings.network
    places = tuple((one.identifier, one.admin.host) for one in network.servers)
    found = status_of(
        report_of(facts, now),
        facts.peer,
        silent=not basics.is_heard(facts, now),
        places=places,
        silence=Silence(primary.has_commits_waiting(facts, now), _refused(beside)),
        called=facts.terms.called,
        reasons=(*_beside(beside, facts, now), *reasons(facts, now)),
    )
    arbiter = None if settings.etcd else settings.arbiter
    besides = more.of(facts, arbiter, now, beside.members)
    return {
        "status": shown.plain(found),
        "more": plain(besides),
        "differs": [list(one) for one in beside.differs],
    }


def _refused(beside: Beside) -> str:
    """Return what differs where one was refused that speaks as a controller does."""
    return "" if beside.link is None else _DIFFERS.get(beside.link.kind, "")


def _beside(beside: Beside, facts: Facts, now: float) -> Iterator[Reason]:
    if beside.login:
        text = f'server "{facts.terms.me}" refuses its controller: {beside.login}'
        yield Reason(text, _LOGIN)
    if beside.link is not None and not basics.is_heard(facts, now):
        text = f"a controller at {beside.link.address} was refused: {beside.link.why}"
        yield Reason(text, _LINKS.get(beside.link.kind, _LINK))


def reasons(facts: Facts, now: float) -> tuple[Reason, ...]:
    """Return what the controller knows besides both reports that keeps the pair from a switch."""
    found = []
    if facts.poisoned:
        text = "a position beyond its own WAL was reported to the primary"
        found.append(_reason("", text, facts.terms.me, SERVING))
    elif facts.conf_failed:
        text = f"postgresql.conf: {facts.conf_failed}"
        found.append(_reason("", text, "", SERVING))
    else:
        found += _unjoined(facts, now)
    if facts.mark_failed:
        text = f"the mark could not be written: {facts.mark_failed}"
        hint = "Make room, or look at the disk; it is tried again."
        found.append(Reason(text, hint, SERVING))
    if facts.seen is not None:
        found += _seen(facts.seen)
    if standby.is_left_waiting(facts, now):
        found.append(_left_waiting(facts, now))
    if (silent := refusals.undecided(facts, now)) is not None:
        found.append(Reason(silent.why, silent.hint, SERVING))
    elif word := refusals.offered(facts, now):
        text = f'automatics do not act on the silence of server "{facts.terms.other}"'
        hint = f"If it does not come back: mc_ctl {word} here."
        found.append(Reason(text, hint, SERVING))
    elif _is_unmet(facts, now):
        found.append(Reason(*_unmet(facts.terms), DECIDING))
    return tuple(found)


def _is_unmet(facts: Facts, now: float) -> bool:
    """Whether this server would leave the other's silence to an operator, which answers now.

    Who was switched off has met nobody: it must hear that the other has heard it.
    """
    decides = (COMMAND, FALLBACK) if facts.standby else (COMMAND, FALLBACK, MESSAGE)
    acts = basics.policy(facts) in decides and basics.is_in(facts, PAIR, SYNC)
    return (
        acts and basics.is_heard(facts, now) and facts.met != basics.mark(facts).epoch
    )


def _unmet(terms: Terms) -> tuple[str, str]:
    text = f'server "{terms.me}" has not met server "{terms.other}" in this epoch yet'
    return text, "It passes with the next heartbeats; until then it acts on no silence."


def _left_waiting(facts: Facts, now: float) -> Reason:
    """Return whose commits wait for a standby that has left; its stream shows that it runs."""
    other = facts.terms.other
    runs = "" if not basics.is_quiet(facts, now) else ", if its instance runs"
    text = f'commits wait on server "{other}"{runs}: its controller, which takes the name of '
    hint = f"{refusals.start_there(facts)}."
    return Reason(f"{text}this standby out, does not answer", hint, SERVING)


def _seen(seen: Seen) -> Iterator[Reason]:
    """Yield what is wrong with how PostgreSQL is configured."""
    for error in seen.file_errors:
        yield Reason(f"PostgreSQL reads: {error}", "Correct that line; pg_ctl reload.")
    for who in seen.loose:
        text = f"synchronous_commit is no guarantee for {who}"
        hint = "Set it to on there, if what is committed so must not be lost."
        yield Reason(text, hint, BESIDES)


def _reason(before: str, why: str, server: str, rank: int = LACKS) -> Reason:
    return Reason(before + why, way_out(why, server), rank)


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
    elif peer.unable or peer.stays_out or peer.server != UP:
        return  # told of the standby
    elif why := joining.why_not(facts, peer, theirs):
        yield _reason("the standby cannot be joined: ", why, facts.terms.other)
