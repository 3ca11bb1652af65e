"""How tests call ocf:pgx:pgsql, as a cluster manager does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping

from fixtures.commands import command
from pgx_agent.fronts import ocf_probe
from tests.fix_resource import Resource, Result

SUCCESS, GENERIC, PERM, INSTALLED, CONFIGURED, NOT_RUNNING = 0, 1, 4, 5, 6, 7


def variables(resource: Resource, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an action, with *more* of the manager's variables."""
    ours = {"OCF_RESKEY_name": resource.name, "OCF_ROOT": "/usr/lib/ocf"}
    return resource.environment(ours | dict(more))


def ocf(resource: Resource, action: str, **more: str) -> Result:
    """Have a cluster manager call the agent."""
    return resource.run("pgx_ocf", action, env=variables(resource, more))


def code(resource: Resource, action: str, **more: str) -> int:
    """Return the exit code of *action*."""
    return ocf(resource, action, **more).returncode


def heard(resource: Resource, **more: str) -> int:
    """Return the code of a monitor action for which its monitor was not too late.

    What runs is a fault where nobody has heard it when the action's own time is over.
    """
    for _ in range(3):
        limit = ocf_probe.until()
        found = code(resource, "monitor", **more)
        if found != GENERIC or time.monotonic() < limit:
            break
    return found


def begin(resource: Resource, action: str, **more: str) -> subprocess.Popen[bytes]:
    """Start *action* in a process group of its own, as Pacemaker's executor does."""
    return subprocess.Popen(
        [command("pgx_ocf"), action],
        env=variables(resource, more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def end(action: subprocess.Popen[bytes], *numbers: int) -> None:
    """End *action* and its process group by signals, as at its time-out."""
    for number in numbers or (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(action.pid, number)
        except ProcessLookupError:
            break
    action.wait(60)
