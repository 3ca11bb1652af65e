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
_FOUND = "found:"  # an answer that names none is one all the same
_SHARE = 0.5  # of the manager's time-out, by which it would end us


def until() -> float:
    """Return until when (monotonic, seconds) a monitor action may wait for a server."""
    allowed = seconds(os.environ.get(TIMEOUT, "")) * _SHARE
    return time.monotonic() + min(_WITHIN, allowed or _WITHIN)


def look_again(root: str, name: str, limit: float) -> int:
    """Return the verdict once it is clear: Offline where no server of the resource runs.

    What runs is looked at before the record is: a server that has ended had perhaps
    answered by then, and another may have been started.  *limit* is monotonic.
    Raises look.Unknown, look.Refused.
    """
    report.reasons_as(REASON)
    definition = store.find(root, name)
    servers: set[int] = set()
    while definition is not None:
        if servers.isdisjoint(postmasters.of_user(definition.uid)):
            servers = _servers(definition)
        judged = look.judge(root, name)
        if judged.code == verdict.OFFLINE and not servers:
            break
        code = check.done(root, name, judged)
        if code != verdict.OFFLINE:
            return code
        if time.monotonic() > limit:
            return _unanswered(name)
        time.sleep(_PAUSE)
    return verdict.OFFLINE


def succeeded(root: str, name: str, judged: look.Judged, limit: float) -> bool:
    """Whether the Faulted server of *judged* has ended, and a monitor has taken on another.

    *limit* is monotonic.  Raises look.Unknown, look.Refused.
    """
    ended, definition = judged.found, store.find(root, name)
    if ended is None or look.lives(ended) or definition is None:
        return False
    servers = _servers(definition)
    while not servers.isdisjoint(postmasters.of_user(definition.uid)):
        launch.in_background(root, name, ended.generation, MANAGER)
        time.sleep(_PAUSE)
        now = look.judge(root, name).found
        if now is None or _server_of(now) != _server_of(ended):
            return True
        if time.monotonic() > limit:
            break
    return False


def was_cleared(root: str, name: str, judged: look.Judged) -> bool:
    """Whether the record of *judged* is gone: an Offline has finished since.

    A monitor that takes on another server keeps the generation.
    Raises look.Unknown, look.Refused.
    """
    now = look.judge(root, name)
    return not now.why and now.generation() != judged.generation()


def _server_of(found: record.Record) -> Ident:
    return found.postmaster, found.start


def _servers(definition: ResourceDefinition) -> set[int]:
    """Return the postmasters that work in the data directory, by whatever name of it.

    Its disk is asked once: a child that hangs there is left behind.
    """
    uid, path = definition.uid, definition.data_directory
    if not postmasters.of_user(uid):
        return set()
    said = aside.ask(partial(_of_directory, uid, path), _DISK_WITHIN)
    if not said:  # it hangs, or the child that was to look there has ended
        return set(postmasters.by_path(uid, path))
    return set(map(int, said.removeprefix(_FOUND).split()))


def _of_directory(uid: int, path: str) -> str:
    return _FOUND + " ".join(map(str, postmasters.of_directory(uid, path)))


def _unanswered(name: str) -> int:
    problem = Failure(
        f"a server of resource {quoted(name)} runs here, and has not answered",
        detail="It still starts, or nobody may ask it.",
    )
    report.show(PROGRAM, "error", problem)
    return verdict.FAULTED
