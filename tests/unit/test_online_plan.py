"""Each row of Online's table."""

from __future__ import annotations

import pytest

from pgx_agent.core.online import (
    Adopt,
    BadPidFile,
    Doubt,
    EndOrphans,
    Facts,
    LookAgain,
    Named,
    NoPidFile,
    OddPidFile,
    Refuse,
    RefuseOddity,
    Server,
    Standalone,
    Start,
    Step,
    Stop,
    UnreadablePidFile,
    is_ours_to_stop,
    next_step,
)

OURS = Server(10, 100)
YOUNG = Server(10, 100, young=True)
OTHER = Server(20, 200)
READY = Named(10, "ready")

ROWS: dict[str, tuple[Facts, Step]] = {
    "nothing": (Facts(NoPidFile()), Start()),
    "a PID file that names nobody": (Facts(BadPidFile()), Start(broken=True)),
    "a PID file that is no file": (
        Facts(OddPidFile("it is a FIFO")),
        RefuseOddity("it is a FIFO"),
    ),
    "what is no PID file proves nothing": (
        Facts(OddPidFile("it is a FIFO"), (OURS,)),
        Adopt(OURS, joining=False),
    ),
    "a standalone backend": (Facts(Standalone(7)), Refuse(7)),
    "a PID that is proven stale": (Facts(Named(7, stale=True)), Start(7)),
    "a PID without proof": (Facts(Named(7)), Start(None)),
    "what a killed postmaster left": (
        Facts(Named(7, stale=True), orphans=("PID 8",)),
        EndOrphans(("PID 8",)),
    ),
    "a server that may be the instance's": (
        Facts(Named(7, stale=True), unproven=("PID 8",)),
        Doubt(("PID 8",)),
    ),
    "what is surely left is ended first": (
        Facts(NoPidFile(), orphans=("PID 9",), unproven=("PID 8",)),
        EndOrphans(("PID 9",)),
    ),
    "a doubtful one beside a server that is ours": (
        Facts(READY, (OURS,), unproven=("PID 8",)),
        Adopt(OURS, joining=False),
    ),
    "a PID file that cannot be read, and no server": (
        Facts(UnreadablePidFile("Permission denied")),
        Start(),
    ),
    "a PID file that cannot be read proves nothing": (
        Facts(UnreadablePidFile("Permission denied"), (OURS,)),
        Adopt(OURS, joining=False),
    ),
    "two servers, and a PID file that cannot be read": (
        Facts(UnreadablePidFile(), (OURS, OTHER)),
        Stop(OURS, "fast", "its PID file does not name it"),
    ),
    "an empty or garbled PID file names nobody": (
        Facts(BadPidFile(), (OURS,)),
        Stop(OURS, "fast", "its PID file does not name it"),
    ),
    "another server than the one that the record calls Faulted": (
        Facts(READY, (OURS,), faulted=(9, 90)),
        Adopt(OURS, joining=False),
    ),
    "the same number with another start": (
        Facts(READY, (OURS,), faulted=(10, 99)),
        Adopt(OURS, joining=False),
    ),
    "started by hand": (Facts(READY, (OURS,)), Adopt(OURS, joining=False)),
    "a standby that takes no connections": (
        Facts(Named(10, "standby"), (OURS,)),
        Adopt(OURS, joining=False),
    ),
    "still starting": (
        Facts(Named(10, "starting"), (OURS,)),
        Adopt(OURS, joining=True),
    ),
    "shutting down": (
        Facts(Named(10, "stopping"), (OURS,)),
        Stop(OURS, "fast", "it is shutting down"),
    ),
    "faulted by the record": (
        Facts(READY, (OURS,), faulted=(10, 100)),
        Stop(OURS, "immediate", "the resource is Faulted"),
    ),
    "faulted by the monitor's rules": (
        Facts(READY, (OURS,), condemned=(10, 100)),
        Stop(OURS, "immediate", "the monitor's rules call it Faulted"),
    ),
    "no PID file": (
        Facts(NoPidFile(), (OURS,)),
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


STARTING = Named(10, "starting")


@pytest.mark.parametrize(
    ("facts", "forked", "joined"),
    [
        (Facts(STARTING, (OURS,)), True, True),
        (Facts(READY, (OURS,)), True, False),
        (Facts(Named(10, "standby"), (OURS,)), True, False),
        (Facts(UnreadablePidFile(), (OURS,)), True, False),
        (Facts(NoPidFile(), orphans=("PID 11",)), True, False),
        (Facts(Named(20, "ready"), (OTHER,)), False, False),
        (Facts(STARTING, (OURS, OTHER)), False, False),
        (Facts(Standalone(7)), False, False),
    ],
)
def test_what_may_be_stopped_that_did_not_come_up(
    facts: Facts, forked: bool, joined: bool
) -> None:
    assert is_ours_to_stop(facts, (10, 100), forked=True) is forked
    assert is_ours_to_stop(facts, (10, 100), forked=False) is joined
