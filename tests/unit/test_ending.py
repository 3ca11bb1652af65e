"""Why a server ended, from what it has left."""

from __future__ import annotations

import pytest

from pgx_postgres.watch.ending import Remains, explained

PRODUCTION, SHUT_DOWN, IN_RECOVERY, SHUTTING_DOWN = 6, 1, 2, 3
PANIC = "PANIC: no space"


@pytest.mark.parametrize(
    ("left", "want"),
    [
        (Remains(True, state=SHUT_DOWN), "the server was shut down (fast)"),
        (Remains(True, state=IN_RECOVERY), "the server was shut down (fast)"),
        (Remains(True, state=PRODUCTION), "the server was shut down (immediate)"),
        (Remains(True, alive=True, state=PRODUCTION), "the server is being shut down"),
        (
            Remains(True, state=SHUTTING_DOWN),
            "the server ended while it was being shut down",
        ),
        (
            Remains(True, file=True, state=PRODUCTION),
            "the server ended while it was being shut down",
        ),
        (Remains(True), "the server ended while it was being shut down"),
    ],
)
def test_a_stop_is_named(left: Remains, want: str) -> None:
    assert explained("gone", left, "pgx_offline") == f"{want}, not by pgx_offline"


@pytest.mark.parametrize(
    ("left", "want"),
    [
        (Remains(), "gone"),
        (Remains(file=True, state=PRODUCTION), "gone"),
        (Remains(file=True, panic=PANIC), f"gone; its log says: {PANIC}"),
        (Remains(alive=True, file=True, panic=PANIC), f"gone; its log says: {PANIC}"),
        (Remains(panic=PANIC, fatal="FATAL: x"), f"gone; its log says: {PANIC}"),
        (Remains(fatal="FATAL: x"), "gone; its log says: FATAL: x"),
    ],
)
def test_a_crash_keeps_its_reason_and_quotes(left: Remains, want: str) -> None:
    assert explained("gone", left, "pgx_offline") == want


@pytest.mark.parametrize("left", [Remains(file=True), Remains(alive=True)])
def test_a_fatal_line_of_some_client_is_not_quoted(left: Remains) -> None:
    given = Remains(
        alive=left.alive, file=left.file, fatal='FATAL: role "x" is not there'
    )

    assert explained("gone", given, "pgx_offline") == "gone"


def test_a_stop_that_panics_quotes_it() -> None:
    left = Remains(True, file=True, state=SHUTTING_DOWN, panic=PANIC)

    assert explained("gone", left, "pgx_offline").endswith(
        f"not by pgx_offline; its log says: {PANIC}"
    )
