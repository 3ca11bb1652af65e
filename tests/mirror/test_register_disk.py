"""The arbiter's own disk: one that takes no more is told of while nobody has asked for anything."""

from __future__ import annotations

import time

import pytest

from pgx_base.failure import Failure
from pgx_mirror.messages import register as messages
from pgx_mirror.register import service
from pgx_mirror.register.core.state import Kept, State
from pgx_mirror.register.fencing import Fencing, Program
from pgx_mirror.register.service import Service
from pgx_mirror.register.visitors import Visitors
from tests.mirror.arbiters import SECRET, A, B

KEPT = Kept("1d")


class Disk:
    """What is written, as long as it takes anything."""

    def __init__(self) -> None:
        self.wrote: list[Kept] = []
        self.full = False

    def write(self, kept: Kept) -> None:
        if self.full:
            raise Failure("could not write register: No space left on device")
        self.wrote.append(kept)


def _served(disk: Disk) -> tuple[Service, list[object]]:
    told: list[object] = []
    state = State(KEPT, (A, B), time.monotonic())
    fencing = Fencing(Program("", 1.0, "/", "nobody"), lambda *_, **__: None)
    visitors = Visitors(SECRET, "arbiter", (A, B))
    made = Service(
        state,
        disk,  # type: ignore[arg-type]
        visitors,
        (),
        lambda message, **_: told.append(message),
        fencing,
    )
    return made, told


def test_it_writes_what_it_keeps_though_nobody_asks_and_not_at_each_turn() -> None:
    disk = Disk()
    served, _ = _served(disk)
    for _ in range(3):
        served.turn([])
    assert disk.wrote == [KEPT]


def test_a_disk_that_takes_no_more_is_told_of_before_anybody_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "PROVES_DISK", 0.0)
    monkeypatch.setattr(service, "TRIES_AGAIN", 0.0)
    disk = Disk()
    served, told = _served(disk)
    served.turn([])
    disk.full = True
    served.turn([])
    served.turn([])
    assert (told, "No space" in served.trouble) == ([messages.NOT_DURABLE], True)
    assert served.interests() == []  # who is away is not thought to be there
    disk.full = False
    served.turn([])
    assert (told[1:], served.trouble) == ([messages.DURABLE_AGAIN], "")
