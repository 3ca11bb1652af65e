"""Who is who in the titles of a server's processes."""

from __future__ import annotations

import pytest

from pgx_agent.postgres import titles
from pgx_agent.postgres.titles import (
    ARCHIVER,
    BACKEND,
    CHECKPOINTER,
    COMMAND,
    OTHER,
    WALSENDER,
)


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("postgres: checkpointer ", CHECKPOINTER),
        ("postgres: main: checkpointer performing shutdown checkpoint", CHECKPOINTER),
        ("postgres: archiver archiving 000000010000000000000003", ARCHIVER),
        ("postgres: walsender repl 10.0.0.7(41234) streaming 0/3000148", WALSENDER),
        ("postgres: main: background writer", OTHER),
        ("postgres: io worker 2", OTHER),
        ("postgres: alice shop [local] idle in transaction", BACKEND),
        ("postgres: main: alice shop 10.0.0.7(41234) COMMIT", BACKEND),
        ("postgres: autovacuum worker shop", BACKEND),
        ("postgres: parallel worker for PID 4711", BACKEND),
        ("/usr/lib/postgresql/15/bin/postgres -D /data", COMMAND),
        ("sh -c cp pg_wal/1 /archive/1", COMMAND),
        ("", COMMAND),
    ],
)
def test_role(command: str, role: str) -> None:
    assert titles.role(command) == role


@pytest.mark.parametrize(
    ("processes", "words"),
    [
        ([], "the postmaster"),
        ([(7, "postgres: logger ")], "process 7 (logger)"),
        (
            [(8, "postgres: checkpointer "), (9, "postgres: alice shop [local] idle")],
            "backend 9 (alice shop [local] idle)",
        ),
        (
            [(8, "postgres: archiver "), (9, "sh -c copy")],
            "archiver 8 (archiver)",
        ),
        (
            [(pid, "postgres: alice shop [local] idle") for pid in range(1, 6)],
            "backend 1 (alice shop [local] idle), 2 (alice shop [local] idle), "
            "3 (alice shop [local] idle) and 2 more",
        ),
    ],
)
def test_whom_a_stop_waits_for(processes: list[tuple[int, str]], words: str) -> None:
    assert titles.waited_for(processes) == words
