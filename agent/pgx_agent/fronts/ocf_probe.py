"""A monitor where nothing is Online: does a server of the resource run here all the same?

What is said not to run Pacemaker starts elsewhere, and stops nothing here.  So a server that
was started by hand, or whose start was broken off, is waited for until its monitor has heard
it; one that has not answered by then is a fault, which Pacemaker stops.

While Pacemaker leaves a resource alone (maintenance-mode) it asks nothing.  A server that was
restarted by hand meanwhile has left a Faulted behind, of which nobody was told and which no
start will clear, as the manager takes it to be started.  So the server counts that runs now.
"""

from __future__ import annotations

import os
import time
from functools import partial

from pgx_agent.check import main as check
from pgx_agent.fronts.ocf_codes import PROGRAM, REASON, TIMEOUT, seconds
from pgx_agent.monitor import launch
from pgx_agent.monitor.options import MANAGER
from pgx_base import aside, report
from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_base.text import quoted
from pgx_pclrsc import look, record, store
from pgx_pclrsc.core import verdict
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.processes import postmasters

_WITHIN, _PAUSE = 10.0, 0.3  # seconds; a monitor that is started has asked by then
_DISK_WITHIN = 2.0
_SHARE = 0.5  # of the manager's time-out, by which it would end us


def look_again(root: str, name: str) -> int:
    """Return the verdict once it is clear: Offline where no server of the resource runs.

    One that ends meanwhile had perhaps answered by then: its record is asked once more.
    Raises look.Unknown, look.Refused.
    """
    report.reasons_as(REASON)
    definition = store.find(root, name)
    servers = _servers(definition) if definition else set()
    if definition is None or not servers:
        return verdict.OFFLINE
    until = _until()
    while True:
        runs = not servers.isdisjoint(postmasters.of_user(definition.uid))
        code = check.done(root, name, look.judge(root, name))
        if code != verdict.OFFLINE or not runs:
            return code
        if time.monotonic() > until:
            return _unanswered(name)
        time.sleep(_PAUSE)


def succeeded(root: str, name: str, judged: look.Judged) -> bool:
    """Whether the Faulted server of *judged* has ended, and a monitor has taken on another.

    Raises look.Unknown, look.Refused.
    """
    ended, definition = judged.found, store.find(root, name)
    if ended is None or look.lives(ended) or definition is None:
        return False
    until = _until()
    servers = _servers(definition)
    while not servers.isdisjoint(postmasters.of_user(definition.uid)):
        launch.in_background(root, name, ended.generation, MANAGER)
        time.sleep(_PAUSE)
        now = look.judge(root, name).found
        if now is None or _server_of(now) != _server_of(ended):
            return True
        if time.monotonic() > until:
            break
    return False


def _server_of(found: record.Record) -> Ident:
    return found.postmaster, found.start


def _until() -> float:
    allowed = seconds(os.environ.get(TIMEOUT, "")) * _SHARE
    return time.monotonic() + min(_WITHIN, allowed or _WITHIN)


def _servers(definition: ResourceDefinition) -> set[int]:
    """Return the postmasters that work in the data directory, by whatever name of it.

    Its disk is asked once: a child that hangs there is left behind.
    """
    uid, path = definition.uid, definition.data_directory
    if not postmasters.of_user(uid):
        return set()
    said = aside.ask(partial(_of_directory, uid, path), _DISK_WITHIN)
    if said is None:
        return set(postmasters.by_path(uid, path))
    return set(map(int, said.split()))


def _of_directory(uid: int, path: str) -> str:
    return " ".join(map(str, postmasters.of_directory(uid, path)))


def _unanswered(name: str) -> int:
    problem = Failure(
        f"a server of resource {quoted(name)} runs here, and has not answered",
        detail="It still starts, or nobody may ask it.",
    )
    report.show(PROGRAM, "error", problem)
    return verdict.FAULTED
