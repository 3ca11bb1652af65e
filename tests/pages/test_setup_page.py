"""docs/setup.md, from two empty nodes to a switched application, as it is written."""

from __future__ import annotations

import os

import pytest

from fixtures.bed.hosts import why_not
from tests.pages.administered import Administered

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.geteuid() == 0 and bool(why_not()), reason=f"the bed {why_not()}"
    ),
]


def test_thirteen_steps_from_two_empty_nodes_to_a_switched_application(
    empty_nodes: Administered,
) -> None:
    empty_nodes.set_up()

    assert empty_nodes.on("node1", "cat /proc/self/mounts").count(" /mnt/swdsk1 ") == 1
    assert " /mnt/swdsk1 " not in empty_nodes.on("node2", "cat /proc/self/mounts")
