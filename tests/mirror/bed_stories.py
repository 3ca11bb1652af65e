"""A whole pair on the bed, for stories of what befalls nodes, networks and disks.

Whatever a story does, at its end all is joined and booted, an administrator does what status
and refusals say, and the pair must be whole, with every acknowledged row.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.binaries import Binaries
from fixtures.etcd import ETCD
from fixtures.pair.place import OTHER
from fixtures.pair_bed.place import BedPlace
from fixtures.pair_chaos import policies
from fixtures.pair_chaos.grounds import options, power
from fixtures.pair_chaos.nodes import register_runs
from fixtures.processes import wait_until
from pgx_base import proc
from pgx_mirror.core.mark import ALONE, GIVEN, Mark
from tests.mirror.pair_beds import pair_bed
from tests.mirror.striking import mend
from tests.mirror.whole import PATIENCE, Whole

LONG = 12.0  # seconds: more than twice what makes a server silent


class OnBed(BedPlace, Whole):
    """A pair on the bed with a client outside that commits all the time."""

    # --- seen ------------------------------------------------------------------------

    def runs(self, name: str) -> bool:
        """Whether a process of a server is on the node, whatever its files say."""
        words = (proc.cmdline(pid)[:1] for pid in self.bed.nodes[name].processes())
        return any("postgres" in Path(*word).name for word in words)

    def nobody_switches(self, before: Mark) -> None:
        """See for a long while that clients are served by the epoch of *before*."""
        self.goes_on_for(LONG)
        assert self.mark(before.owner) == before, self.shown()
        assert not self.client.missing()

    def goes_on_alone(self, name: str) -> None:
        """See *name*, the primary, take the pen alone and serve on."""
        wait_until(lambda: self.mark(name).state == ALONE, "alone", PATIENCE, 0.1)
        self.commits()
        assert not self.client.missing()
        assert "not-switchable" in self.told(name)

    def takes_over_from(self, first: str) -> None:
        """See the other server take the pen and serve, with every acknowledged row."""
        other, since = OTHER[first], time.monotonic()
        port = self.servers[other].port
        wait_until(lambda: self.client.first_after(since, port), "a commit", PATIENCE)
        assert self.mark(other).state == ALONE, self.shown()
        assert not self.client.missing()

    def gives_way(self, first: str) -> None:
        """See that *first* knows that it is deposed, and has nothing acknowledged since."""
        wait_until(lambda: self.mark(first).state == GIVEN, "given", PATIENCE, 0.1)
        wait_until(lambda: not self.runs(first), "stopped", PATIENCE)
        assert not self.client.missing()

    def is_refused(self, first: str) -> None:
        """See that *first*, deposed and booted, is not started, and what is to be done."""
        refused = self.start(first)
        assert refused.returncode == 1, refused.stdout
        assert "mc_ctl setup" in refused.stderr
        assert not self.runs(first)

    # --- put right -------------------------------------------------------------------

    def restored(self) -> None:
        """Join and boot everything, do what an administrator is told to; see it whole."""
        self.heal()
        if not register_runs(self, self.register):
            self.start_arbiter()
        mend(self)
        self.settles()


@contextmanager
def on_bed(
    binaries: Binaries, policy: str = "arbitration", kind: type[OnBed] = OnBed
) -> Iterator[OnBed]:
    """Make a pair that runs; its client is stopped first, then the bed is cleared."""
    which = policies.of(policy)
    with pair_bed() as bed, power(bed, which):
        pair = kind(bed, binaries, **options(which, bed.root))
        try:
            pair.form()
            yield pair
        finally:
            if hasattr(pair, "client"):
                pair.client.stop()
            if pair.register == ETCD:
                pair.etcd.stop()
