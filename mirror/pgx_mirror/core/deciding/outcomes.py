"""What the facts are once something that was to be done has come to its end."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core import commands
from pgx_mirror.core.events import (
    Answered,
    Bears,
    CommandEnded,
    Event,
    Freed,
    MarkFailed,
    NamesAre,
    NamesFailed,
    Promoted,
    ProofFailed,
    ProvedOff,
    ProvedOn,
    Started,
    Stopped,
    Wrote,
)
from pgx_mirror.core.facts import (
    ASKING,
    BARRIER,
    BEARS,
    CONF,
    DETACH,
    MARK,
    PROOF,
    PROVING_OFF,
    PROVING_ON,
    REGISTER,
    RELEASING,
    SERVER,
    Facts,
)
from pgx_mirror.core.known import basics, fencing, first, notices
from pgx_mirror.core.known.arming import given_up
from pgx_mirror.core.known.ending import UNKNOWN_PAIR, UNPROVEN
from pgx_mirror.core.known.times import AFTER_A_PAIR, AGAIN, ASK_AGAIN
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, Mark
from pgx_mirror.core.report import NAMES_BARRIER, UP


def outcome(facts: Facts, event: Event, now: float) -> Facts:
    """Return *facts* after *event*, whose resource is free again."""
    match event:
        case Wrote(mark):
            return _wrote(facts, mark, now)
        case MarkFailed(why, unsure):
            unsure = unsure or facts.unsure
            after = _free(facts, MARK, mark_failed=why, unsure=unsure)
            after = after.but(failures=facts.failures + 1, retry_at=now + AGAIN)
            return after if unsure else _unfenced(after)
        case NamesAre(names, real_name):
            return _names(facts, names, real_name, now)
        case NamesFailed(why):
            after = _free(facts, CONF, conf_failed=why, names_unsure=True)
            return after.but(conf_retry_at=now + AGAIN)
        case Bears(name):
            return _bears(facts, name, now)
        case Answered(cell, again):
            ask_at = now + max(again, ASK_AGAIN)
            return _free(facts, REGISTER, cell=cell, ask_at=ask_at)
        case CommandEnded(kind, why):
            return _command(_free(facts, commands.resource(kind)), kind, why, now)
        case Started() | Stopped() | Promoted():
            return _server(facts, event, now)
        case _:
            return _proof(facts, event, now)


def _server(facts: Facts, event: Started | Stopped | Promoted, now: float) -> Facts:
    """What has failed is tried again after a while; a promotion that ended the server, never."""
    again = now + AGAIN
    match event:
        case Started(why):
            after = _free(facts, SERVER, start_failed=why)
            return after.but(server_retry_at=again) if why else after
        case Stopped(left, at):
            after = _free(facts, SERVER, stopped_at=at, left=left)
            return after.but(server_retry_at=again) if left else after
        case Promoted(why, ended):
            after = _free(facts, SERVER, promote_failed=why if ended else "")
            return after.but(server_retry_at=again) if why else notices.promoted(after)


def _command(facts: Facts, kind: str, why: str, now: float) -> Facts:
    """What a program has said of the peer, which may have been heard meanwhile."""
    if kind == commands.FENCING:
        return _fenced(facts, why, now)
    if kind != commands.ARBITRATION or facts.force is not None:
        return facts  # an operator's word does not go by it
    if why:
        return _not_allowed(facts, kind, why, now)
    after = facts.but(command_failed="")
    return after.but(arbitrated=not basics.is_heard(facts, now))


def _fenced(facts: Facts, why: str, now: float) -> Facts:
    if why:
        return _not_allowed(facts.but(void=False), commands.FENCING, why, now)
    return _unfenced(facts.but(command_failed="", fenced=facts.fencing))


def _not_allowed(facts: Facts, kind: str, why: str, now: float) -> Facts:
    again = now + facts.terms.limit
    return facts.but(command_failed=f"{kind}: {why}", command_at=again)


def _unfenced(facts: Facts) -> Facts:
    """A fence counts no more where the peer has come back since, once marks are known."""
    void = facts.void and not basics.is_marking(facts)
    return fencing.unfenced(facts) if void else facts


def _names(facts: Facts, names: str, real_name: str, now: float) -> Facts:
    after = _free(
        facts,
        CONF,
        names=names,
        real_name=real_name,
        conf_failed="",
        # A server that was found meanwhile has not been told of them.
        names_unsure=facts.server == UP and facts.up_at > facts.conf_began,
    )
    after = after.but(conf_at=now, shown=False, freed=False)
    arming = after.arming
    if names != NAMES_BARRIER or arming is None or arming.stage != BARRIER:
        return after
    return after.but(arming=replace(arming, stage=PROVING_ON))


def _bears(facts: Facts, name: str, now: float) -> Facts:
    if not name:
        return _free(facts, BEARS, bears_retry_at=now + AGAIN)
    return _free(facts, BEARS, bears=name, bears_at=now)


def _proof(facts: Facts, event: Event, now: float) -> Facts:
    match event:
        case ProvedOff():
            return _stage(_free(facts, PROOF), PROVING_OFF, BARRIER, since=now)
        case ProvedOn(barrier):
            return _stage(facts, PROVING_ON, ASKING, barrier=barrier, proved=now)
        case ProofFailed() | Freed():
            return _proof_ended(_free(facts, PROOF), now)
        case _:
            return facts


def _proof_ended(facts: Facts, now: float) -> Facts:
    """The commit that waited has returned, or is given up.

    Before PAIR is durable that proves that commits do not wait.
    """
    if facts.arming is None:
        return facts
    if facts.arming.stage == RELEASING:
        return facts.but(arming=None)
    return given_up(facts, now)


def _stage(facts: Facts, at: str, to: str, **changes: object) -> Facts:
    """Move an arming that is *at* a stage on *to* the next."""
    arming = facts.arming
    if arming is None or arming.stage != at:
        return facts
    return facts.but(arming=replace(arming, stage=to, **changes))  # type: ignore[arg-type]


def _wrote(facts: Facts, mark: Mark, now: float) -> Facts:
    """What is durable now, and what it makes void."""
    was = facts.mark
    after = _free(facts, MARK, mark=mark, fresh=None, mark_failed="", unsure=False)
    after = _unfenced(after.but(failures=0))
    if first.is_of_unknown_pair(mark):
        return after.but(arming=None, ending=UNKNOWN_PAIR)
    if was is None or (was.state, was.epoch) == (mark.state, mark.epoch):
        return after
    after = after.but(
        ending="", sender_at=now, strange_at=None, given_at=None, promote_failed=""
    )
    joined = mark.state == PAIR and facts.arming is not None
    after = notices.wrote(after, mark, joined=joined)
    if mark.state == PAIR:
        ending = "" if facts.arming is not None else UNPROVEN
        after = after.but(tried=0, shown=False, ending=ending)
        return _stage(after, ASKING, RELEASING, since=now)
    after = after.but(arming=None)
    if was.state == GIVEN and mark.state == ALONE:
        return after.but(fault="", start_failed="")  # nobody serves: it is tried again
    if was.state == PAIR and mark.state == ALONE:
        return after.but(not_before=now + AFTER_A_PAIR, **_detached(facts))
    return after


def _detached(facts: Facts) -> dict[str, object]:
    if facts.wish != DETACH or facts.peer is None:
        return {}
    return {"detached": facts.peer.incarnation}


def _free(facts: Facts, resource: str, **changes: object) -> Facts:
    return facts.but(busy=facts.busy - {resource}, **changes)
