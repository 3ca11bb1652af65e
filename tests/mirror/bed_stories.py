"""A whole pair on the bed, for stories of what befalls nodes, networks and disks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.binaries import Binaries
from fixtures.pair_bed.place import BedPlace
from tests.mirror.pair_beds import pair_bed
from tests.mirror.whole import Whole


class OnBed(BedPlace, Whole):
    """A pair on the bed with a client outside that commits all the time."""


@contextmanager
def on_bed(binaries: Binaries) -> Iterator[OnBed]:
    """Make a pair that runs; its client is stopped first, then the bed is cleared."""
    with pair_bed() as bed:
        pair = OnBed(bed, binaries)
        try:
            pair.form()
            yield pair
        finally:
            if hasattr(pair, "client"):
                pair.client.stop()
