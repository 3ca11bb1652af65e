"""The bed as tests want it: two nodes with one disk, and nothing left of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.bed.bed import Bed


@contextmanager
def two_nodes() -> Iterator[tuple[Bed, str]]:
    """Make them; yield the bed and where the disk is mounted."""
    with tempfile.TemporaryDirectory(prefix="pgx-bed-") as home:
        Path(home).chmod(0o755)
        made = Bed(Path(home), ["node1RMS", "node2RMS"])
        try:
            made.add_disk(f"{home}/mnt/data")
            made.make()
            yield made, f"{home}/mnt/data"
        finally:
            assert made.close() == []
