"""docs/recovery_stops.md, each symptom made for real: stops that fail, nodes that are down."""

from __future__ import annotations

import os

import pytest

from fixtures.bed.bed import why_not
from tests.pages.recovering import procedure
from tests.pages.stage import NODES, Stage, stage

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() == 0 and bool(why_not()), reason=f"the bed {why_not()}"
    ),
]
FIRST, SECOND = NODES


def enter(nodes: Stage) -> None:
    """Have somebody stand in the data directory's file system."""
    nodes.on(FIRST, "cd ${PGX_DATA%/*}; setsid sleep 600 >/dev/null 2>&1 &")


def test_somebody_is_in_the_data_directory() -> None:
    heading = "Somebody is in the data directory"
    with stage(halt=False) as nodes, procedure(heading, nodes) as steps:
        enter(nodes)
        steps.run()


def test_the_disk_hangs() -> None:
    with (
        stage(halt=False, offline_timeout=12) as nodes,
        procedure("The disk hangs", nodes) as steps,
    ):
        mounted = f"{nodes.home}/mnt/data"
        nodes.on(FIRST, f"fsfreeze -f {mounted}")
        try:
            nodes.on(FIRST, "sql 'create table t ()' >/dev/null 2>&1 &")
            steps.run(3)
        finally:
            nodes.on(FIRST, f"fsfreeze -u {mounted}")
        steps.run()


def test_a_stop_that_failed_has_cost_the_node() -> None:
    heading = "A stop that failed has cost the node"
    with stage() as nodes, procedure(heading, nodes) as steps:
        enter(nodes)
        steps.run(3)
        nodes.type(FIRST, "boot")
        nodes.hear(FIRST)
        steps.run()


def test_a_node_is_down() -> None:
    with stage() as nodes, procedure("A node is down", nodes) as steps:
        nodes.type(FIRST, "panic")
        steps.run(2)
        nodes.type(FIRST, "boot")
        nodes.hear(FIRST)
        steps.run()
