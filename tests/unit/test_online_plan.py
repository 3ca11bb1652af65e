"""Each row of Online's table."""

from __future__ import annotations

import pytest

from pgx_agent.core.online import (
    Adopt,
    BadPidFile,
    EndOrphans,
    Facts,
    Leave,
    LookAgain,
    Named,
    NoPidFile,
    Refuse,
    Server,
    Standalone,
    Start,
    Step,
    Stop,
    next_step,
)

OURS = Server(10, 100)
YOUNG = Server(10, 100, age=0.5)
OTHER = Server(20, 200)
READY = Named(10, "ready")

ROWS: dict[str, tuple[Facts, Step]] = {
    "nothing": (Facts(NoPidFile()), Start()),
    "an empty or garbled PID file is PostgreSQL's to refuse": (
        Facts(BadPidFile()),
        Start(),
    ),
    "a standalone backend": (Facts(Standalone(7)), Refuse(7)),
    "a PID that is proven stale": (Facts(Named(7, stale=True)), Start(7)),
    "a PID without proof": (Facts(Named(7)), Start(None)),
    "what a killed postmaster left": (
        Facts(Named(7, stale=True), orphans=("PID 8",)),
        EndOrphans(("PID 8",)),
    ),
    "online and watched": (
        Facts(READY, (OURS,), "online", watched=True, recorded=(10, 100)),
        Leave(OURS),
    ),
    "online without a monitor": (
        Facts(READY, (OURS,), "online", recorded=(10, 100)),
        Adopt(OURS, joining=False),
    ),
    "watched, but another start": (
        Facts(READY, (OURS,), "online", watched=True, recorded=(10, 99)),
        Adopt(OURS, joining=False),
    ),
    "started by hand": (Facts(READY, (OURS,)), Adopt(OURS, joining=False)),
    "a standby that takes no connections": (
        Facts(Named(10, "standby"), (OURS,)),
        Adopt(OURS, joining=False),
    ),
    "still starting": (
        Facts(Named(10, "starting"), (OURS,), "starting"),
        Adopt(OURS, joining=True),
    ),
    "shutting down": (
        Facts(Named(10, "stopping"), (OURS,)),
        Stop(OURS, "fast", "it is shutting down"),
    ),
    "faulted by the record": (
        Facts(READY, (OURS,), "faulted", watched=True, recorded=(10, 100)),
        Stop(OURS, "immediate", "the resource is Faulted"),
    ),
    "faulted by the monitor's rules": (
        Facts(READY, (OURS,), "none", condemned=(10, 100)),
        Stop(OURS, "immediate", "the monitor's rules call it Faulted"),
    ),
    "no PID file": (
        Facts(NoPidFile(), (OURS,), "online", watched=True, recorded=(10, 100)),
        Stop(OURS, "fast", "its PID file does not name it"),
    ),
    "a PID file that names another": (
        Facts(Named(20, stale=True), (OURS,)),
        Stop(OURS, "fast", "its PID file does not name it"),
    ),
    "forked a moment ago": (
        Facts(NoPidFile(), (YOUNG,)),
        LookAgain("a server has just been started and has no PID file yet"),
    ),
    "two servers": (
        Facts(READY, (OURS, OTHER)),
        Stop(OTHER, "fast", "its PID file does not name it"),
    ),
}


@pytest.mark.parametrize(("facts", "step"), ROWS.values(), ids=ROWS.keys())
def test_each_row(facts: Facts, step: Step) -> None:
    assert next_step(facts) == step
