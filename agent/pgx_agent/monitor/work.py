"""What the monitor does once it has detached; importing this loads psycopg."""

from __future__ import annotations

from functools import partial

from pgx_agent.monitor import claim as claims
from pgx_agent.monitor.claim import Claim, StandDown
from pgx_agent.monitor.loop import Monitor
from pgx_agent.monitor.options import MANAGER, ONLINE, Options, Told
from pgx_agent.monitor.seeing import registered
from pgx_agent.monitor.writing.first_word import FirstWord
from pgx_agent.monitor.writing.keeper import Superseded
from pgx_agent.monitor.writing.keeping import Keeping
from pgx_agent.monitor.writing.scribe import Scribe
from pgx_agent.monitor.writing.speaker import Speaker
from pgx_agent.monitor.writing.starter import Starter
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.trace import Trace
from pgx_pclrsc import registry
from pgx_pclrsc.beacon import Beacon
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.probe.question import set_up
from pgx_postgres.watch.watched import Limits


def limits_of(definition: ResourceDefinition, interval_ms: int = 0) -> Limits:
    """Return what the definition allows the server; *interval_ms* is the bench's."""
    interval = interval_ms / 1000 if interval_ms else float(definition.watch_interval)
    return Limits(
        interval, float(definition.response_timeout), definition.timeout_retry_count
    )


def _claim(options: Options, definition: ResourceDefinition, told: Told) -> Claim:
    try:
        set_up()
        if options.by == ONLINE:
            if told.postmaster is None:
                raise StandDown("Online names no postmaster")
            return claims.under_online(definition, told.postmaster, told.generation)
        return claims.after_check(
            definition, told.generation, succeeds=options.by == MANAGER
        )
    except OSError as ex:
        named = quoted(definition.name)
        why = f"{ex.filename}: {ex.strerror}" if ex.filename else ex
        raise Failure(f"could not watch instance {named}: {why}") from ex


def watch(
    options: Options,
    definition: ResourceDefinition,
    trace: Trace,
    told: Told,
    starter: Starter,
) -> None:
    """Claim the resource and watch its server until there is nothing left to watch.

    Raises Failure when it cannot be claimed at all.
    """
    registered.listen()
    writer: Trace | Scribe = trace
    try:
        claim = _claim(options, definition, told)
        writer = scribe = Scribe(claim.keeper, trace)
        speaker = Speaker(definition.name, scribe, starter)
        under_online = options.by == ONLINE
        Monitor(
            definition,
            claim,
            partial(limits_of, interval_ms=options.interval_ms),
            speaker,
            FirstWord(speaker, told.started if under_online else None),
            Keeping(scribe, Beacon(registry.registry_root(), definition.name)),
            under_online=under_online,
        ).run()
    except (StandDown, Superseded) as ex:
        writer.write(f"no monitor is needed here: {ex}")
