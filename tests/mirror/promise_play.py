"""A promise played on the bed: what each statement does and sees."""

from __future__ import annotations

import re
import time
from functools import partial

from fixtures import processes
from fixtures.etcd import ETCD
from fixtures.pair.place import ARBITER, OTHER, A, B
from fixtures.pair_bed.networks import NETWORKS
from fixtures.processes import wait_until
from pgx_mirror.core.mark import Broken
from tests.mirror.bed_stories import OnBed
from tests.mirror.promise_lines import ARBITER as DECIDES
from tests.mirror.promise_lines import PRIMARY, STANDBY, Promise

_KEPT = "pgx_mirror.register"


class Play:
    """One promise on *pair*, which is whole when it begins."""

    def __init__(self, pair: OnBed) -> None:
        first = pair.primary()
        self.pair, self.bed = pair, pair.bed
        self.names = {PRIMARY: first, STANDBY: OTHER[first], DECIDES: ARBITER}
        self.cuts: set[tuple[str, str]] = set()

    def play(self, promise: Promise) -> None:
        """Do and see all of it.  Raises AssertionError, with the line as a note."""
        for line in promise.lines:
            try:
                getattr(self, line.name)(*line.words)
            except Exception as ex:
                ex.add_note(f"line {line.number}: {line.text}")
                ex.add_note(self._shown())
                raise
        assert not self.pair.client.missing()

    def _shown(self) -> str:
        """Return what the servers say that are up."""
        up = [name for name in (A, B) if self.bed.is_up(name)]
        return "\n".join(self.pair.told(name) for name in up)

    # --- done -------------------------------------------------------------------------

    def panic(self, role: str) -> None:
        """Power fails."""
        assert self.bed.panic(self.names[role])

    def boot(self, role: str) -> None:
        """It comes back; nothing is started."""
        self.bed.boot(self.names[role])

    def start(self, role: str) -> None:
        """Start the server, or the arbiter."""
        if role == DECIDES:
            self.pair.start_arbiter()
        else:
            done = self.pair.start(self.names[role])
            assert done.returncode == 0, done.stderr

    def start_refused(self, role: str, text: str) -> None:
        """See a start refused, with *text* in what is said."""
        done = self.pair.start(self.names[role])
        assert done.returncode == 1, done.stdout
        assert text in done.stderr, done.stderr

    def cut(self, networks: str, role: str) -> None:
        """Lose what leaves or arrives there in *networks*."""
        each = NETWORKS if networks == "all" else re.split(r",\s*", networks)
        for network in each:
            assert network in NETWORKS, network
            self.bed.cut(network, self.names[role])
            self.cuts.add((network, self.names[role]))

    def join(self) -> None:
        """Put back what was cut."""
        for network, name in self.cuts:
            self.bed.join(network, name)
        self.cuts.clear()

    def kill(self, role: str) -> None:
        """Kill the postmaster."""
        name = self.names[role]
        pid = self.pair.servers[name].pid()
        assert pid is not None
        processes.kill(self.bed.nodes[name].outside(pid))

    def forget(self) -> None:
        """Stop what decides, lose its state, and start it."""
        if self.pair.register == ETCD:
            self.pair.etcd.empty()
            return
        where = ("-M", self.pair.mcdir(ARBITER))
        self.pair.run("mc_arb", "stop", "-e", *where, on=ARBITER)
        state = self.pair.seen(ARBITER, self.pair.mcdir(ARBITER) / _KEPT)
        state.unlink()
        self.pair.start_arbiter()

    def mc_ctl(self, words: str, role: str) -> None:
        """Ask for something, and see it done."""
        self.pair.mc_ctl(self.names[role], *words.split())

    def mc_ctl_at_last(self, words: str, role: str, limit: str) -> None:
        """Ask for something until it is done."""
        name = self.names[role]
        ask = partial(self.pair.mc_ctl, name, *words.split(), check=False)
        wait_until(lambda: ask().returncode == 0, words, float(limit), 1.0)

    # --- seen -------------------------------------------------------------------------

    def has_mark(self, role: str, state: str, limit: str) -> None:
        """See the server's mark say *state*."""
        wait_until(lambda: self._state(role) == state, state, float(limit), 0.1)

    def _state(self, role: str) -> str:
        try:
            return self.pair.mark(self.names[role]).state
        except (OSError, Broken):
            return ""

    def is_off(self, role: str, limit: str) -> None:
        """See the host switched off."""
        up = self.bed.is_up
        wait_until(lambda: not up(self.names[role]), "it is off", float(limit), 0.1)

    def is_whole(self, limit: str) -> None:
        """See both say that the pair is switchable."""
        wait_until(self.pair.is_switchable, "switchable", float(limit), 0.2)

    def commits(self, role: str, limit: str) -> None:
        """See a commit at that server that was begun from now on."""
        since, port = time.monotonic(), self.pair.servers[self.names[role]].port
        seen = self.pair.client.first_after
        wait_until(lambda: seen(since, port), "a commit", float(limit), 0.1)
        assert not self.pair.client.missing()

    def no_commits(self, seconds: str) -> None:
        """See that nothing is acknowledged for so long."""
        since = time.monotonic()
        time.sleep(float(seconds))
        assert self.pair.client.first_after(since) is None

    def nobody_switches(self, seconds: str) -> None:
        """See commits go on for so long, and the primary's promise stay what it is."""
        first = self.names[PRIMARY]
        before = self.pair.mark(first)
        self.pair.goes_on_for(float(seconds))
        assert self.pair.mark(first) == before

    def tells(self, role: str, text: str, limit: str) -> None:
        """See mc_ctl status say *text*."""
        name = self.names[role]
        wait_until(lambda: text in self.pair.told(name), text, float(limit), 0.3)
