"""The first facts of a controller: what its directory, its processes and its kept state say."""

from __future__ import annotations

import os
import time

from pgx_mirror.conf import commands
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller.jobs.files import Survey
from pgx_mirror.controller.kept import Kept
from pgx_mirror.core import called
from pgx_mirror.core.facts import Facts, Terms
from pgx_mirror.core.known.ending import HAND_EDITED
from pgx_mirror.core.mark import PAIR
from pgx_mirror.core.report import DOWN, NAMES_OUT, UNSURE, UP


def terms_of(settings: Settings, *, first_start: bool) -> Terms:
    """Return the terms of *settings*, for one life of a controller."""
    server = settings.server
    patience = server.remote_call_timeout
    return Terms(
        me=settings.identifier,
        other=settings.peer.identifier,
        policy=settings.policy,
        incarnation=os.urandom(16).hex(),
        interval=server.heartbeat_interval,
        limit=settings.silence,
        patience=3600.0 if patience is None else patience,
        first_start=first_start,
        commands=frozenset(commands.programs(server)),
        called=called.ETCD if settings.etcd else called.ARBITER,
    )


def first_facts(terms: Terms, found: Survey, kept: Kept) -> Facts:
    """Return what is known when a controller begins."""
    now = time.monotonic()
    running = found.instance.postmaster is not None
    server = UP if running else UNSURE if found.instance.rest else DOWN
    return Facts(
        terms,
        began=now,
        mark=found.mark,
        fresh=found.fresh,
        standby=found.standby,
        names=found.names,
        # Whoever wrote them may have been killed before they were durable, or read.
        names_unsure=True,
        bears=found.bears,
        real_name=found.real_name,
        server=server,
        start_failed=found.refusal,
        sender_at=now,
        heard_at=now,
        stream_at=now,
        wish=kept.wish,
        since=now,
        failover=kept.failover,
        ending=_ending(found),
        stays_out=kept.stays_out,
        detached=kept.detached,
    )


def _ending(found: Survey) -> str:
    """Return why the epoch has to end: its names are out, so commits may have passed.

    No controller takes them out before its mark says ALONE: somebody did while none was there.
    """
    paired = found.mark is not None and found.mark.state == PAIR
    return HAND_EDITED if paired and found.names == NAMES_OUT else ""
