"""Ten minutes of full load with pauses of the primary: nothing is switched, no row is lost."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.pair.client import Client
from fixtures.processes import kill
from tests.mirror.whole import Whole

pytestmark = [
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.timeout(1200),
]

LASTS = 600.0  # seconds
LONGEST = 4.0  # seconds of a pause; silence counts after 5.4
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


def test_no_switch_under_full_load_with_pauses(mirrored: Whole) -> None:
    draw, before = random.Random(4), mirrored.mark(mirrored.primary())
    until = time.monotonic() + LASTS

    with load(mirrored) as writers:
        while time.monotonic() < until:
            time.sleep(draw.uniform(1, 15))
            paused = mirrored.processes(before.owner)
            for pid in paused:
                kill(pid, signal.SIGSTOP)
            time.sleep(draw.uniform(0.2, LONGEST))
            for pid in paused:
                kill(pid, signal.SIGCONT)
            assert mirrored.mark(before.owner) == before, mirrored.shown()
            mirrored.commits()

    assert mirrored.mark(before.owner) == before, mirrored.shown()
    for one in writers:
        assert one.acknowledged()
        assert not one.missing()
