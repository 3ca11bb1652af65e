"""Seeing what is shown of a resource, in a child with a time limit; nothing is changed.

The state is what Check would answer now, by the same code, without what Check does besides.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from pgx_base import again, files, locks, proc
from pgx_base.failure import Failure
from pgx_pclrsc import look, monitors, record, registry, store
from pgx_pclrsc.core import live, names
from pgx_pclrsc.core.verdict import ONLINE
from pgx_pclrsc.node import this_node
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, NotSeen, ask
from pgx_pclrsc.record import Record
from pgx_pclrsc.status.core.seen import Kept, Seen
from pgx_postgres.processes import postmasters

_PATIENCE = 3.0  # seconds; Check itself takes a hundredth of one
_REGISTRY, _NODE = "the registry", "the node"  # no names of resources
_LATE = "no answer within"
Found = TypeVar("Found")
_SCRIPTS = ((locks.OFFLINE, "pgx_offline"), (locks.ONLINE, "pgx_online"))


class Eyes:
    """Sees again and again; what hangs is not looked at by a second child meanwhile."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._stuck: dict[str, Unknown] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all resources.  Raises Failure."""
        job = partial(store.list_names, self._root)
        found = self._look({_REGISTRY: job}, tuple[str, ...])[_REGISTRY]
        if isinstance(found, Unknown):
            why = found.why
            raise Failure(f"could not list the resources of this node: {why}")
        return found

    def node(self) -> str:
        """Return what this node is called, or that this is not known."""
        found = self._look({_NODE: partial(this_node, dict(os.environ))}, str)[_NODE]
        return "not known" if isinstance(found, Unknown) else found

    def see(self, wanted: Sequence[str]) -> Mapping[str, Seen | Unknown]:
        """Return what is seen of each resource that is *wanted*."""
        return self._look(
            {name: partial(_see, self._root, name) for name in wanted}, Seen
        )

    def _look(
        self, works: Mapping[str, Callable[[], object]], of: type[Found]
    ) -> dict[str, Found | Unknown]:
        if self._stuck and not again.still_looks():
            self._stuck = {}
        free = {name: work for name, work in works.items() if name not in self._stuck}
        asked = ask({name: Job(work, seconds=_PATIENCE) for name, work in free.items()})
        seen = {name: asked.take(name, of) for name in free}
        for name, found in seen.items():
            if isinstance(found, Unknown) and found.why.startswith(_LATE):
                self._stuck[name] = found
        known = self._stuck | seen
        return {name: known[name] for name in works}


def _see(root: str, name: str) -> Seen:
    """Look at *name*.  Raises NotSeen."""
    try:
        judged = look.judge(root, name, acts=False)
    except look.Unknown as ex:
        raise NotSeen("it is not registered any more") from ex
    except look.Refused as ex:
        raise NotSeen("only root and its OS user may look into it") from ex
    found, earlier, working = judged.found, False, ""
    if not judged.why:
        there, working = _in_workdir(root, name)
        earlier = there is not None and there.boot != proc.boot_id()
        there = None if earlier else there
        found = found if found is not None and found.generation != "-" else there
    gone = judged.found is not None and not look.lives(judged.found)
    return Seen(
        judged.code,
        starts=judged.start,
        unwatched=judged.start and judged.code != ONLINE and _runs(root, name),
        gone=gone,
        why=judged.why,
        record=(_kept(found),) if found is not None else (),
        earlier=earlier,
        working=working,
        now=proc.monotonic_ms(),
        clock=int(time.time() * 1000),
        settings=_settings(root, name),
    )


def _settings(root: str, name: str) -> str:
    known = store.find(root, name)
    return live.word(known) if known else ""


def _in_workdir(root: str, name: str) -> tuple[Record | None, str]:
    """Return the record, also one that was cleared, and the script that works."""
    try:
        dir_fd = files.open_workdir(os.readlink(registry.work_link(root, name)))
    except OSError:
        return None, ""  # it has gone just now
    try:
        return _read(dir_fd), _working(dir_fd)
    finally:
        os.close(dir_fd)


def _read(dir_fd: int) -> Record | None:
    try:
        return record.read(dir_fd)
    except (record.Garbled, OSError):
        return None  # it has become so just now: it could be read to judge by it


def _working(dir_fd: int) -> str:
    try:
        fd = files.open_regular(dir_fd, names.TRANSITION_LOCK)
    except OSError:
        return ""
    try:
        held = [script for byte, script in _SCRIPTS if locks.is_held(fd, byte)]
    finally:
        os.close(fd)
    return held[0] if held else ""


def _runs(root: str, name: str) -> bool:
    """Whether a server of its data directory runs, by its name: its disk may hang."""
    known = store.find(root, name)
    return known is not None and bool(
        postmasters.by_path(known.uid, known.data_directory)
    )


def _kept(found: Record) -> Kept:
    lives = _lives(found.monitor, found.monitor_start)
    is_ours = lives and monitors.is_monitor(proc.cmdline(found.monitor))
    return Kept(
        found.state,
        found.reason,
        monitor=found.monitor if is_ours else 0,
        postmaster=found.postmaster if look.lives(found) else 0,
        more=found.more,
    )


def _lives(pid: int, start: int) -> bool:
    try:
        return pid > 0 and proc.alive(pid, start)
    except OSError:
        return False
