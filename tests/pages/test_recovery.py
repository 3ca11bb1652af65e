"""docs/recovery.md, each symptom made for real: servers that die, hang or warn."""

from __future__ import annotations

import os

import pytest

from fixtures.bed.bed import why_not
from tests.pages.recovering import procedure
from tests.pages.stage import NODES, stage

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() == 0 and bool(why_not()), reason=f"the bed {why_not()}"
    ),
]
FIRST, SECOND = NODES


def test_outside_of_rms_and_back() -> None:
    with (
        stage() as nodes,
        procedure("Outside of RMS, and back", nodes) as steps,
    ):
        steps.run()


def test_the_server_has_died() -> None:
    with stage() as nodes, procedure("The server has died", nodes) as steps:
        nodes.on(FIRST, "kill -9 $(postmaster)")
        steps.run()


def test_somebody_has_shut_the_server_down() -> None:
    heading = "Somebody has shut the server down"
    with stage() as nodes, procedure(heading, nodes) as steps:
        nodes.on(FIRST, "kill -INT $(postmaster)")
        steps.run()


def test_the_server_does_not_answer() -> None:
    with (
        stage(response_timeout=3, timeout_retry_count=2) as nodes,
        procedure("The server does not answer", nodes) as s,
    ):
        nodes.on(FIRST, "kill -STOP $(postmaster)")
        s.run()


def test_a_frozen_server_that_stays_online() -> None:
    heading = "A frozen server that stays Online"
    with stage() as nodes, procedure(heading, nodes) as steps:
        nodes.on(FIRST, "kill -STOP $(postmaster)")
        steps.run()
        nodes.reaches(FIRST, "Offline")


def test_online_with_a_warning() -> None:
    with stage() as nodes, procedure("Online, with a warning", nodes) as steps:
        nodes.on(FIRST, "sql 'alter database template1 with allow_connections false'")
        steps.run()


def test_the_monitor_is_gone() -> None:
    with stage() as nodes, procedure("The monitor is gone", nodes) as steps:
        nodes.on(FIRST, "kill -9 $(monitor pgxtest)")
        steps.run()
