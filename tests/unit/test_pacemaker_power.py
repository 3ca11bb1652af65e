"""The power switch of Pacemaker's bed, where nodes boot while all is taken down."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from fixtures.pacemaker.power import Power


def test_a_node_that_is_told_to_boot_as_all_ends_disturbs_nobody() -> None:
    """Either it boots and is waited for, or it does not."""
    booted: list[str] = []
    bed: Any = SimpleNamespace(nodes={"node1": SimpleNamespace(pid=0)})
    for _ in range(300):
        power = Power(bed, booted.append, again=True)
        fence = threading.Thread(target=power.on, args=("node1",))
        fence.start()
        power.close()
        before = len(booted)
        fence.join()
        assert len(booted) == before, "nothing boots any more"
