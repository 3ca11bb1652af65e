"""What the registry says of the resource while the monitor lives: settings may be changed.

`pgx_pclrsc -m` changes them, and sends SIGURG: a monitor of a version that knows nothing of
it ignores that signal.  The registry is read by a child, since its disk may hang; one that
does not answer leaves all as it is.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable
from functools import partial

from pgx_base.child import Child
from pgx_base.failure import Failure
from pgx_pclrsc import registry, store
from pgx_pclrsc.core import live
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.watch.watched import Limits

_FIRST_LOOK = 1.0  # seconds: what has changed since we were started
_PATIENCE = 10.0  # seconds the registry may take
_wanted = False


def _want(number: int, frame: object) -> None:
    global _wanted
    _wanted = True


def listen() -> None:
    """Heed the signal from now on."""
    signal.signal(signal.SIGURG, _want)


class Registered:
    """The *definition* that holds, and the limits that *limits_of* makes of it.

    `fd` is to be waited for while the registry is read.
    """

    def __init__(
        self,
        definition: ResourceDefinition,
        limits_of: Callable[[ResourceDefinition], Limits],
    ) -> None:
        self._limits_of = limits_of
        self._hold(definition)
        self.problem: str | None = None  # why the registry cannot be read
        self._child: Child | None = None
        self._late = math.inf
        self._look_at = time.monotonic() + _FIRST_LOOK

    def _hold(self, definition: ResourceDefinition) -> None:
        self.definition, self.limits = definition, self._limits_of(definition)

    @property
    def fd(self) -> int:
        """The descriptor to wait for, -1 for none."""
        return -1 if self._child is None else self._child.fd

    def wake(self) -> float:
        """Return when there is something to do, whatever happens."""
        return self._look_at if self._child is None else self._late

    def has_changed(self, now: float) -> bool:
        """Go on with looking; whether the definition is another from now on."""
        if self._child is not None:
            return self._hear(self._child, now)
        if _wanted or now >= self._look_at:
            self._begin(now)
        return False

    def _begin(self, now: float) -> None:
        global _wanted
        _wanted, self._look_at = False, math.inf
        try:
            self._child = Child(
                partial(_tell, registry.registry_root(), self.definition.name)
            )
        except OSError as ex:
            self.problem = f"could not start a child process: {ex.strerror}"
            self._look_at = now + _PATIENCE
            return
        self._late = now + _PATIENCE

    def _hear(self, child: Child, now: float) -> bool:
        said = child.hear()
        if not (said or child.ended) and now < self._late:
            return False
        self._child, self._late = None, math.inf
        is_done = bool(said) or child.ended
        child.close()
        _reap(child.pid, wait=is_done)
        return self._take(said[0] if said else "the registry does not answer")

    def _take(self, said: str) -> bool:
        found = live.under(self.definition, said)
        self.problem = said if found is None else None
        if found is None or found == self.definition:
            return False
        self._hold(found)
        return True


def _reap(pid: int, *, wait: bool) -> None:
    """Take the child's exit status; one that hangs in the kernel is left to it."""
    try:
        os.waitpid(pid, 0 if wait else os.WNOHANG)
    except ChildProcessError:
        pass  # its exit status was nobody's: SIGCHLD is ignored


def _tell(root: str, name: str, reads: int, writes: int) -> None:
    try:
        said = live.word(store.load(name, root))
    except Failure as ex:
        said = " ".join(f"{ex.primary}: {ex.detail or ''}".split())
    os.write(writes, f"{said}\n".encode("utf-8", "replace"))
