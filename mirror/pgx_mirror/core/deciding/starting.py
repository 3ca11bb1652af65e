"""When a start is done, or has failed."""

from __future__ import annotations

from pgx_mirror.core.deciding.outcome import DONE, Outcome
from pgx_mirror.core.facts import ARBITRATION, Facts
from pgx_mirror.core.known import basics, first, primary, register
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, UP

_SET_UP = "Make it a standby with mc_ctl setup, then start it."
_SYSTEM_LOG = (
    "See the system log, or trace.log in the management directory; when the cause is "
    "mended, start it again."
)
_SERVER_LOG = "See the log of its server; when the cause is mended, start it again."
_TWO = "mc_ctl status on both servers says which of them was the primary last."


def ran(facts: Facts, now: float) -> Outcome | None:
    """Return how a start has ended: refused where the server may not run, None for not yet."""
    if facts.start_failed and facts.server != UP:
        # What the data directory is refused for says itself what helps; no server was begun.
        refused = facts.mark is None and facts.fresh is None
        return Outcome(facts.start_failed, "" if refused else _SERVER_LOG)
    waited = now >= facts.since + facts.terms.limit
    if basics.is_in(facts, GIVEN):
        return _deposed(facts, waited=waited)
    if facts.server == UP:
        return _is_seen(facts, now)
    if facts.mark is None and facts.fresh is None:
        return Outcome("there is no mark in the data directory", _SYSTEM_LOG)
    if facts.mark is None and first.is_forbidden(facts, now):
        return Outcome("the other server says that it is the primary", _SET_UP)
    if facts.mark is None and first.has_heir(facts, now):
        return _has_heir(facts)
    if facts.server != DOWN or not waited:
        return None
    return _why_down(facts, now)


def _has_heir(facts: Facts) -> Outcome:
    """Refused: rows would be lost that the other server has, and that nobody else may have.

    Without a register nobody knows whether what was here has gone on alone since.
    """
    other = f'server "{facts.terms.other}"'
    word, unless = "switch", ""
    if facts.terms.policy != ARBITRATION:
        word = "switch --force"
        unless = ", unless that directory's server has gone on alone since"
    return Outcome(
        f"{other} is in sync with the data directory that was here, and has all that was "
        f"acknowledged{unless}",
        f"Have it take over: mc_ctl {word} there, {facts.terms.limit:g} s from now; then set "
        "this one up. To go on with this directory all the same, without what was "
        "committed since: mc_ctl stop there first.",
    )


def _deposed(facts: Facts, *, waited: bool) -> Outcome | None:
    """Refused, once a server that was started by hand is stopped: the refusal ends us."""
    why = "this server is deposed: the other server is the primary"
    if facts.server == DOWN:
        return Outcome(why, _SET_UP) if waited or facts.peer is not None else None
    hint = "Its server, started by hand, does not end: pg_ctl stop -m immediate. Then: "
    return Outcome(why, hint + _SET_UP[0].lower() + _SET_UP[1:]) if waited else None


def _is_seen(facts: Facts, now: float) -> Outcome | None:
    """Without a superuser's eyes there is no monitoring (the manual's 6.1)."""
    seen = facts.seen
    if seen is not None and not seen.superuser:
        return Outcome(
            "the database user of the controller is no superuser",
            "Name one by db_instance_username, or as the instance administrator.",
        )
    begun = max(facts.since, facts.up_at)
    waited = now >= begun + facts.terms.limit
    looked = seen is not None and not _may_be_deposed(facts, now)
    return DONE if looked or waited else None


def _may_be_deposed(facts: Facts, now: float) -> bool:
    """Whether a primary that ran already has to be told first that it may go on.

    One that is to be started is asked for before that.
    """
    if facts.standby or not basics.is_in(facts, PAIR):
        return False
    if primary.deposed_by(facts):
        return True
    asks = basics.policy(facts) == ARBITRATION
    return asks and not (register.is_register(facts) or basics.is_heard(facts, now))


def _why_down(facts: Facts, now: float) -> Outcome | None:
    """Return why a server that is to run does not, where nothing will change that soon."""
    if facts.conf_failed:
        why = f"postgresql.conf could not be put right: {facts.conf_failed}"
        return Outcome(why, "Correct it, then start again.")
    if facts.mark_failed:
        why = f"the mark could not be written: {facts.mark_failed}"
        return Outcome(why, "Make room, or look at the disk; then start again.")
    if facts.fault or facts.disk:
        return Outcome(facts.fault or facts.disk, _SYSTEM_LOG)
    if not facts.standby:
        hand = basics.is_in(facts, SYNC, OUT, NEW)
        return Outcome("this server was promoted by hand", _SET_UP) if hand else None
    if basics.is_in(facts, ALONE):
        return None
    return _no_primary(facts, now)


def _no_primary(facts: Facts, now: float) -> Outcome | None:
    if basics.is_heard(facts, now):
        peer = facts.peer
        nobody = peer is not None and peer.standby
        return Outcome("the other server is a standby too", _TWO) if nobody else None
    hint = (
        "Start Mirroring Controller on the primary first. Where it runs, mc_ctl status there "
        "says what keeps both apart, such as another secret."
    )
    if basics.is_in(facts, SYNC) and register.has_open_epoch(facts):
        hint += " Where it cannot be started: mc_ctl start --mc-only here, then mc_ctl switch."
    return Outcome("the primary's controller does not answer", hint)
