"""Nodes for what docs/setup.md and docs/operations*.md have to be typed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import binaries
from tests.pages.administered import Administered


@pytest.fixture
def empty_nodes() -> Iterator[Administered]:
    """Two nodes with programs and empty disks, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="pgx-page-", dir="/var/tmp") as home:
        made = Administered(Path(home), binaries.found()[0])
        try:
            made.hosts.make()
            yield made
        finally:
            assert made.close() == []


@pytest.fixture
def online(empty_nodes: Administered) -> Administered:
    """The same once docs/setup.md was gone through: the application is Online on node1."""
    empty_nodes.set_up()
    return empty_nodes
