"""A third host in the pair's networks that has no secret changes nothing: make pair-long."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from fixtures.binaries import Binaries
from fixtures.pair.place import ARBITER, A, B
from fixtures.pair_bed.bed import why_not
from fixtures.pair_bed.networks import ADMIN, ARBITRATION, address
from fixtures.pair_bed.place import ADMIN_PORT, ARBITRATION_PORT
from fixtures.pair_bed.strangers import NUMBER, Stranger
from fixtures.pair_bed.system_log import SystemLog
from pgx_mirror.wire.frames import frame
from tests.mirror.bed_stories import LONG, OnBed, on_bed
from tests.mirror.pair_told import again

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
GARBAGE = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\0" * 100_000,
    b"\x16\x03\x01\x02\0\x01",
    frame(b"P" + bytes(600)),
    frame(b"P" + bytes(100)),
    b"PGX\1\xff\xff\xff\xff" + bytes(1000),
)
_EACH = 60.0  # seconds: a complaint for each address and kind
_KINDS = {"PGX00111": 3}  # not understood, silent, not known: of one message
_FEW = 9  # lines of all logs, however much was said to whom
_MANY = 300  # connections at a time


class Beset(OnBed):
    """A pair with system logs, and a third host in its networks."""

    def make(self) -> None:
        """Make the logs and the third host, and all else."""
        self.logs = {name: SystemLog(self.bed, name) for name in (A, B, ARBITER)}
        self.stranger, self.since = Stranger(self.bed), time.monotonic()
        super().make()

    def ports(self) -> list[tuple[str, str, int]]:
        """Return all that can be knocked at: network, address, port."""
        servers = [(ADMIN, self.address(ADMIN, name), ADMIN_PORT) for name in (A, B)]
        arbiter = self.address(ARBITRATION, ARBITER)
        return [*servers, (ARBITRATION, arbiter, ARBITRATION_PORT)]

    def lines(self) -> int:
        """Return how many lines all logs have."""
        return sum(len(log.lines) for log in self.logs.values())

    def complaints(self) -> Counter[tuple[str, str, str]]:
        """Return how often which node has complained of the third host, by message."""
        mine = "|".join(re.escape(address(net, NUMBER)) for net in (ADMIN, ARBITRATION))
        return Counter(
            (name, found[1], found[2])
            for name, log in self.logs.items()
            for line in log.lines
            if (found := re.search(rf"\b({mine})\b.*\((PGX\d+)\)", line))
        )

    def nobody_minds(self, does: Callable[[], object]) -> None:
        """Do *does* again and again for long; see that it changes nothing, and is told once."""
        before, over = self.mark(self.primary()), threading.Event()
        lines, began = self.lines(), time.monotonic()

        def go_on() -> None:
            while not over.is_set():
                does()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            while time.monotonic() < began + LONG:
                assert self.is_switchable(), self.shown()
                self.commits()
        finally:
            over.set()
            thread.join()
        assert self.mark(self.primary()) == before
        assert not self.client.missing()
        minutes = 1 + int((time.monotonic() - self.since) / _EACH)
        for (name, _, number), count in (told := self.complaints()).items():
            assert count <= minutes * _KINDS.get(number, 1), (name, told)
        assert self.lines() - lines <= _FEW, self.logs


@pytest.fixture(scope="module")
def modules_beset(postgresql: Binaries) -> Iterator[Beset]:
    with on_bed(postgresql, kind=Beset) as made:
        assert isinstance(made, Beset)
        yield made
        for log in made.logs.values():
            log.close()


@pytest.fixture
def beset(modules_beset: Beset) -> Iterator[Beset]:
    modules_beset.settles()
    yield modules_beset
    modules_beset.settles()


def test_garbage_changes_nothing(beset: Beset) -> None:
    def speak() -> None:
        for place in beset.ports():
            for text in (*GARBAGE, os.urandom(1000)):
                beset.stranger.says(*place, text)

    beset.nobody_minds(speak)
    assert {name for name, *_ in beset.complaints()} == {A, B, ARBITER}


def test_a_flood_of_connections_changes_nothing(beset: Beset) -> None:
    def flood() -> None:
        held = []
        for place in beset.ports():
            for _ in range(_MANY):
                with suppress(OSError):
                    held.append(beset.stranger.connect(*place))
        for made in held:
            made.close()

    beset.nobody_minds(flood)


def test_who_speaks_a_byte_at_a_time_changes_nothing(beset: Beset) -> None:
    def drip() -> None:
        held = [
            beset.stranger.connect(*place) for place in beset.ports() for _ in range(5)
        ]
        for byte in frame(b"P" + bytes(500)):
            for made in held:
                with suppress(OSError):
                    made.send(bytes([byte]))
            time.sleep(0.05)
        for made in held:
            made.close()

    beset.nobody_minds(drip)


def test_what_was_recorded_and_is_said_again_changes_nothing(beset: Beset) -> None:
    """All that a server has said to the other and to the arbiter, from its first byte."""
    first, other = beset.primary(), beset.standby()
    number = beset.bed.number(other)
    taps = {net: beset.stranger.listen(net, number) for net in (ADMIN, ARBITRATION)}
    again(beset, other)
    again(beset, first)
    beset.until_switchable()
    beset.goes_on_for(5)
    ports = {ADMIN: ADMIN_PORT, ARBITRATION: ARBITRATION_PORT}
    recorded = {net: tap.dialled(ports[net]) for net, tap in taps.items()}
    for tap in taps.values():
        tap.close()
    beset.since = time.monotonic()  # whom they have complained of they have forgotten
    for log in beset.logs.values():
        log.lines.clear()
    lengths = {net: sorted(map(len, texts)) for net, texts in recorded.items()}
    assert all(each and each[-1] > 300 for each in lengths.values()), lengths

    def repeat() -> None:
        for network, host, to in beset.ports():
            for text in recorded[network]:
                beset.stranger.says(network, host, to, text)

    beset.nobody_minds(repeat)
