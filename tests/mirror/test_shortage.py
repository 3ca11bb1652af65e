"""Without a descriptor, and so without a process, disks and register are tried again later."""

from __future__ import annotations

import itertools
import select
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.processes import wait_until
from pgx_mirror.controller.shortage import AGAIN, Shortage
from pgx_mirror.core.disk import Effect, Limits, Odd
from pgx_mirror.disk.checker import Checker
from pgx_mirror.hands.hand import reap
from pgx_mirror.register.client import Register
from pgx_mirror.register.core.words import PRIMARY, Beat
from pgx_mirror.register.events import Away
from pgx_mirror.sockets.names import Names
from tests.mirror.short import descriptors_left, opened

LIMITS = Limits(0.05, 0.3, 2)


def turn(checker: Checker) -> list[Effect]:
    poll = select.poll()
    for fd in checker.fds():
        poll.register(fd, select.POLLIN)
    return checker.turn(dict(poll.poll(LIMITS.interval * 1000)), time.monotonic())


@pytest.mark.parametrize("left", [0, 2, 4])  # no pipe, one, two and no pidfd
def test_a_disk_for_which_no_process_can_be_begun_is_no_fault_and_tried_again(
    tmp_path: Path, left: int
) -> None:
    for name in ("pg_wal", "pg_tblspc"):
        (tmp_path / name).mkdir()
    before, since = opened(), tmp_path.stat().st_mtime_ns
    with closing(Checker(str(tmp_path), LIMITS)) as checker:
        with descriptors_left(left):
            said = [effect for _ in range(5) for effect in turn(checker)]
        assert [type(effect) for effect in said] == [Odd]  # told once
        assert "EMFILE" in str(said[0])
        assert checker.fault == ""
        assert opened() == before

        wait_until(
            lambda: not turn(checker) and tmp_path.stat().st_mtime_ns != since,
            "a file is written",
        )
    reap()
    assert opened() == before


def test_the_register_is_away_and_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        names = Names("127.0.0.1", listener.getsockname()[1])
        beat = Beat(PRIMARY, "7", 5.0)
        register = Register(names, bytes(32), "a", "arbiter", beat, interval=1.0)
        with descriptors_left(0):
            assert register.tick(0.0) == [Away("Too many open files")]
        assert register.next_tick() == 1.0

        register.tick(1.0)
        listener.accept()[0].close()
        register.close()


@given(st.lists(st.floats(0, 50), max_size=50))
def test_a_shortage_is_told_once_a_minute(pauses: list[float]) -> None:
    shortage, now, told = Shortage(), 0.0, []
    for pause in pauses:
        now += pause
        if shortage.is_news(now):
            told.append(now)
    assert all(b - a >= AGAIN for a, b in itertools.pairwise(told))
    assert now - (told[-1] if told else now) < AGAIN
