"""Beds for a pair, for tests: made, looked at, and seen cleared."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fixtures.bed.run import run
from fixtures.pair_bed.bed import MC, PairBed
from fixtures.pair_bed.networks import address
from fixtures.pair_bed.sockets import made_in

_PORT = 9
_SOON, _PATIENCE = 0.1, 60.0  # seconds


@contextmanager
def pair_bed() -> Iterator[PairBed]:
    """Make a bed that is up; nothing is left of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="pgx-pair-bed-", dir="/var/tmp") as root:
        os.chmod(root, 0o755)
        bed = PairBed(Path(root))
        try:
            bed.make()
            yield bed
        finally:
            left = bed.close()
        assert left == []


def on(bed: PairBed, name: str, *command: str) -> str:
    """Run *command* as root on a node."""
    return run(*bed.nodes[name].argv(command)).strip()


def point(bed: PairBed, name: str, what: str = MC) -> str:
    """Return where a node has a disk."""
    return str(bed.disks[name][what].point)


def syncs_late(bed: PairBed, name: str, what: str = MC) -> None:
    """Have ext4 sync nothing there by itself until the next boot: after 5 s it would."""
    on(bed, name, "mount", "-o", "remount,commit=300", point(bed, name, what))
    bed.sync(name)  # what was begun before would end by the old limit


def hears(bed: PairBed, network: str, source: str, target: str, *, soon: bool) -> bool:
    """Whether *target* hears *source*; *soon*: where it should not, so no long wait."""
    from_, to = (address(network, bed.number(name)) for name in (source, target))
    until = time.monotonic() + (0 if soon else _PATIENCE)
    with (
        made_in(bed.nodes[source].pid, from_, 0) as says,
        made_in(bed.nodes[target].pid, to, _PORT) as listens,
    ):
        while True:
            says.sendto(b"x", (to, _PORT))  # whoever sends is not told of a cut
            listens.settimeout(_SOON)
            with suppress(TimeoutError):
                return bool(listens.recv(1))
            # One that waited for an address that was asked for during a cut is lost.
            if time.monotonic() >= until:
                return False
