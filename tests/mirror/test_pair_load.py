"""Ten minutes of full load with pauses of the primary: nothing is switched, no row is lost."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.client import Client
from fixtures.pair.fastest import FAST, FAST_SETTINGS
from fixtures.processes import kill
from tests.fix_postgres import open_directory
from tests.mirror.whole import Whole, whole

pytestmark = [
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.timeout(1200),
]

LASTS = 600.0  # seconds
LONGEST = 4.0  # seconds of a pause; silence counts after 5.4
LONGEST_OF_FASTEST = 1.0  # there it counts after 2.2
WRITERS = 4  # which never rest, on two cores


@contextmanager
def load(pair: Whole) -> Iterator[list[Client]]:
    """Have WRITERS commit without a rest, beside the pair's own client."""
    made = [
        Client(
            pair.conninfo(), pair.home / f"load-{n}", pair.user, 10**9 + n, WRITERS, 0.0
        )
        for n in range(WRITERS)
    ]
    for one in made:
        one.start()
    try:
        yield made
    finally:
        for one in made:
            one.stop()


class Fastest(Whole):
    """A pair as "As fast as it goes" of docs/pair_administrators.md has it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.conf |= FAST
        self.settings |= FAST_SETTINGS


@pytest.fixture
def fastest(postgresql: Binaries, os_user: OsUser) -> Iterator[Whole]:
    """Such a pair that is whole."""
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, kind=Fastest) as made,
    ):
        yield made


def holds(pair: Whole, longest: float) -> None:
    """Load *pair*, and pause its primary for up to *longest* seconds, again and again."""
    draw, before = random.Random(4), pair.mark(pair.primary())
    until = time.monotonic() + LASTS

    with load(pair) as writers:
        while time.monotonic() < until:
            time.sleep(draw.uniform(1, 15))
            paused = pair.processes(before.owner)
            for pid in paused:
                kill(pid, signal.SIGSTOP)
            time.sleep(draw.uniform(0.1, longest))
            for pid in paused:
                kill(pid, signal.SIGCONT)
            assert pair.mark(before.owner) == before, pair.shown()
            pair.commits()

    assert pair.mark(before.owner) == before, pair.shown()
    for one in writers:
        assert one.acknowledged()
        assert not one.missing()


def test_no_switch_under_full_load_with_pauses(mirrored: Whole) -> None:
    holds(mirrored, LONGEST)


def test_nor_at_the_fastest_heartbeat(fastest: Whole) -> None:
    holds(fastest, LONGEST_OF_FASTEST)
