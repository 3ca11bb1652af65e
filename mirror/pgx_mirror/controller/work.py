"""A controller put together, from its settings to its loop."""

from __future__ import annotations

import ctypes
import gc
import os
import pwd
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from pgx_base.failure import Failure
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import start, view
from pgx_mirror.controller.acting import Acting
from pgx_mirror.controller.answering import Answering
from pgx_mirror.controller.control import Listener
from pgx_mirror.controller.disks import Disks
from pgx_mirror.controller.inspecting import Inspecting
from pgx_mirror.controller.jobs import files
from pgx_mirror.controller.jobs import site as sites
from pgx_mirror.controller.jobs.files import Survey
from pgx_mirror.controller.loop import Controller
from pgx_mirror.controller.neighbours import Neighbours
from pgx_mirror.controller.programs import Programs
from pgx_mirror.controller.telling import Telling
from pgx_mirror.controller.view import Beside
from pgx_mirror.controller.watched import Watched
from pgx_mirror.controller.words import Accepted, Answer
from pgx_mirror.core.disk import Limits as DiskLimits
from pgx_mirror.hands.line import Ended, Several
from pgx_mirror.hands.staff import Staff
from pgx_mirror.messages import controller as messages
from pgx_postgres.watch.watched import Limits


@dataclass(frozen=True, slots=True)
class Held:
    """What a controller has open for its whole life: two locks, and the data directory."""

    locks: frozenset[int]
    dir_fd: int

    @property
    def kept(self) -> frozenset[int]:
        """What its hands have open too."""
        return self.locks | {self.dir_fd}


class FirstWord(Protocol):
    """What mc_ctl waits for."""

    def say(self, said: Answer) -> None:
        """Say it, once."""


_SURVEY = "survey"
_SURVEYED_WITHIN = (
    60.0  # seconds: a data directory on a disk that hangs is not waited for
)


def control(
    settings: Settings,
    watched: Watched,
    held: Held,
    first: FirstWord,
    *,
    as_primary: bool,
) -> None:
    """Run one controller to its end; what is *held* its hands have too.

    Raises Failure where it cannot begin.
    """
    who = pwd.getpwuid(os.geteuid())
    site = sites.of(settings, held.dir_fd, who.pw_dir, who.pw_name)
    staff, telling = Staff(held.kept), Telling(settings)
    listener = Listener.open(settings.mcdir, settings.identifier)
    terms = start.terms_of(settings, first_start=as_primary)
    found = surveyed(staff, site, as_primary)
    facts = start.first_facts(terms, found, watched.kept)
    if why := watched.kept.why:
        telling.say(messages.RESTARTED, server=site.me, reason=why)
    telling.begin(facts)
    neighbours = Neighbours(settings, terms, found, telling)
    answering = Answering(
        listener,
        lambda f: view.status(settings, f, _beside(acting, neighbours)),
        neighbours,
    )
    server = settings.server
    acting = Acting(
        site,
        staff,
        _limits(settings),
        server.heartbeat_interval,
        terms.patience,
        Programs(server, staff, who.pw_dir, who.pw_name),
        answering.shown,
    )
    if found.instance.postmaster is not None:
        acting.watch(found.instance.postmaster)
    first.say(Accepted(os.getpid()))
    watched.settle()
    disks = Disks(server.db_instance, _disk_limits(settings), telling)
    other = settings.peer.admin.host
    inspecting = Inspecting(site, staff, answering.noticed, other)
    loop = Controller(
        facts, acting, staff, neighbours, disks, answering, telling, watched, inspecting
    )
    _settle_memory()
    try:
        loop.run()
        telling.say(messages.STOPPED, server=site.me)
    finally:
        telling.trace.end(staff)
        staff.end_all()
        disks.close()
        answering.close()
        neighbours.close()


def _settle_memory() -> None:
    """Have hands share what they do not change, and the system get what the start needed."""
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)
    gc.freeze()


def _limits(settings: Settings) -> Limits:
    server = settings.server
    return Limits(
        server.db_instance_check_interval,
        server.db_instance_check_timeout,
        server.db_instance_check_retry,
    )


def _disk_limits(settings: Settings) -> DiskLimits:
    server = settings.server
    return DiskLimits(
        server.disk_check_interval, server.heartbeat_timeout, server.disk_check_retry
    )


def surveyed(staff: Staff, site: sites.Site, as_primary: bool) -> Survey:
    """Return what the data directory says.  Raises Failure."""
    staff.begin(_SURVEY, files.survey, site, as_primary)
    until = time.monotonic() + _SURVEYED_WITHIN
    ready: dict[int, int] = {}
    while True:
        # First without having waited: a hand that could not be begun says so at once.
        for _, message in staff.hear(ready):
            if isinstance(message, Ended):
                if message.problem:
                    raise Several(message.reasons)
                found: Survey = message.value
                return found
        left = until - time.monotonic()
        if left <= 0:
            raise Failure(
                f"the data directory did not answer within {_SURVEYED_WITHIN:g} s"
            )
        poll = select.poll()
        for fd in staff.fds():
            poll.register(fd, select.POLLIN)
        ready = dict(poll.poll(left * 1000))


def _beside(acting: Acting, neighbours: Neighbours) -> Beside:
    of = neighbours
    return Beside(acting.blind, of.refused, of.members, of.differs)
