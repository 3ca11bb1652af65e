"""Who is who in the titles of a server's processes."""

from __future__ import annotations

import pytest

from pgx_postgres import titles
from pgx_postgres.titles import (
    ARCHIVER,
    BACKEND,
    CHECKPOINTER,
    COMMAND,
    LOGGER,
    OTHER,
    STARTUP,
    WALSENDER,
)

CLIENT = "10.0.0.7(41234)"


@pytest.mark.parametrize(
    ("cluster", "title", "role"),
    [
        ("", "checkpointer ", CHECKPOINTER),
        ("main", "checkpointer performing shutdown checkpoint", CHECKPOINTER),
        ("prod: main", "checkpointer ", CHECKPOINTER),
        ("", "checkpointer performing end-of-recovery checkpoint", CHECKPOINTER),
        ("", "archiver archiving 000000010000000000000003", ARCHIVER),
        ("", "archiver last was 000000010000000000000003.00000028.backup", ARCHIVER),
        ("a: b: ", "archiver failed on 00000002.history", ARCHIVER),
        ("", f"walsender repl {CLIENT} streaming 0/3000148", WALSENDER),
        ("prod: main", "walsender repl shop [local] START_REPLICATION", WALSENDER),
        ("", "startup recovering 000000010000000000000003", STARTUP),
        ("", "startup waiting for 000000010000000000000003", STARTUP),
        ("logger", "logger ", LOGGER),
        ("main", "background writer", OTHER),
        ("", "io worker 2", OTHER),
        ("", "walreceiver streaming 0/3000148", OTHER),
        ("", "autovacuum worker shop", BACKEND),
        ("", "parallel worker for PID 4711", BACKEND),
        ("", "alice shop [local] idle in transaction", BACKEND),
        ("main", f"alice shop {CLIENT} COMMIT", BACKEND),
    ],
)
def test_role(cluster: str, title: str, role: str) -> None:
    before = f"{cluster}: " if cluster else ""
    assert titles.role(f"postgres: {before}{title}", cluster) == role


@pytest.mark.parametrize("command", ["/usr/bin/postgres -D /data", "sh -c cp a b", ""])
def test_what_has_no_title_is_a_command(command: str) -> None:
    assert titles.role(command) == COMMAND


@pytest.mark.parametrize("cluster", ["", "main", "prod: main", "checkpointer"])
@pytest.mark.parametrize("client", ["[local]", CLIENT])
@pytest.mark.parametrize(
    ("user", "database"),
    [
        ("archiver_svc", "shop"),
        ("archiver", "archiving 000000010000000000000003"),
        ("checkpointer", "performing shutdown checkpoint"),
        ("main: checkpointer", "shop"),
        ("logger", "shop"),
        ("startup_app", "shop"),
        ("startup", "recovering 00"),
        ("walsender_mon", "shop"),
        ("walsender", "shop"),
        ("walsender", "shop [local] streaming 0/3"),
        ("io worker", "2"),
    ],
)
def test_what_users_can_name_decides_nothing(
    cluster: str, client: str, user: str, database: str
) -> None:
    before = f"{cluster}: " if cluster else ""
    for does in ("idle", "SELECT", ""):
        title = f"postgres: {before}{user} {database} {client} {does}"
        assert titles.role(title, cluster) == BACKEND


def _titles(cluster: str, *titles_: str) -> list[str]:
    before = f"{cluster}: " if cluster else ""
    return ["/usr/bin/postgres -D /data", *(f"postgres: {before}{t}" for t in titles_)]


@pytest.mark.parametrize(
    "cluster", ["", "main", "prod: main", "checkpointer", "a: ", ": ", "x: logger"]
)
def test_the_cluster_name_is_told_by_all_titles_together(cluster: str) -> None:
    one, own, other = "ann shop [local] idle", "checkpointer ", "background writer "

    assert titles.cluster_of(_titles(cluster, one, own, other)) == cluster
    assert titles.cluster_of(_titles(cluster, own)) == cluster


def test_a_backups_label_is_no_cluster_name() -> None:
    """PostgreSQL up to 14 cuts such a title in the middle of what the user has chosen."""
    label = 'walsender repl [local] sending backup "2024-11-28 of x: checkpointer'
    found = _titles("", "background writer ", label)

    assert titles.cluster_of(found) == ""
    assert titles.role(found[-1], titles.cluster_of(found)) == BACKEND


def test_without_a_process_of_the_servers_own_no_name_is_told() -> None:
    assert titles.cluster_of(_titles("main", "ann shop [local] idle")) is None
    assert titles.cluster_of([]) is None


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
