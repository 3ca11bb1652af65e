"""One step of a controller's decisions: an event comes in, effects go out."""

from __future__ import annotations

import math

from pgx_mirror.core import facts as facts_
from pgx_mirror.core.deciding.learn import learn
from pgx_mirror.core.deciding.plan import plan
from pgx_mirror.core.deciding.table import TABLE, matching
from pgx_mirror.core.effects import Effect, StopServer
from pgx_mirror.core.events import Event
from pgx_mirror.core.facts import CONF, MARK, Facts
from pgx_mirror.core.known import fencing, notices
from pgx_mirror.core.report import DOWN, UP
from pgx_mirror.core.rows.row import Row


def step(facts: Facts, event: Event, now: float) -> tuple[Facts, tuple[Effect, ...]]:
    """Return the facts after *event* at monotonic *now*, and what is to be done.

    Each effect holds its resource until its outcome comes back as an event.
    """
    facts = plan(fencing.kept(learn(facts, event, now), now), now)
    effects: list[Effect] = []
    for resource in TABLE:
        row = _row(facts, resource, now)
        if row is not None:
            effect = row.then(facts, now)
            if notices.is_held(facts, effect):
                facts = notices.held(facts)
                continue
            effects.append(effect)
            facts = facts.but(busy=facts.busy | {resource})
            facts = with_begun(facts, resource, effect, now)
    return facts, tuple(effects)


def with_begun(facts: Facts, resource: str, effect: Effect, now: float) -> Facts:
    """Return *facts* with what has to be known of something that has begun."""
    match resource:
        case facts_.MARK:
            return facts.but(marking_at=now)
        case facts_.CONF:
            return facts.but(conf_began=now)
        case facts_.SERVER:
            kills = isinstance(effect, StopServer) and effect.mode == "immediate"
            return facts.but(ending_at=now if kills else math.inf)
        case fencing.FENCING:
            epoch = 0 if facts.mark is None else facts.mark.epoch
            return facts.but(void=False, fencing=epoch)
        case _:
            return notices.begun(facts, resource)


def _row(facts: Facts, resource: str, now: float) -> Row | None:
    if resource in facts.busy or not _is_settled(facts, resource, now):
        return None
    return matching(facts, resource, now)


def _is_settled(facts: Facts, resource: str, now: float) -> bool:
    """Whether what *resource* goes by is known: nothing depends on a mark half written.

    What has failed is not tried again at once.
    """
    marked = MARK not in facts.busy and not facts.unsure
    match resource:
        case facts_.MARK:
            return now >= facts.retry_at and CONF not in facts.busy
        case facts_.CONF:
            # Which names a server has read that starts, or may run, nobody could tell.
            told = facts.server in (DOWN, UP)
            return now >= facts.conf_retry_at and marked and told
        case facts_.REGISTER | fencing.FENCING | fencing.ARBITRATION:
            return marked
        case notices.PRE_DETACH | notices.POST_ATTACH | notices.POST_SWITCH:
            return marked
        case facts_.SERVER:
            return now >= facts.server_retry_at
        case facts_.BEARS:
            return now >= facts.bears_retry_at
        case _:
            return True
