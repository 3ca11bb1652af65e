"""Whom a fast stop waits for, for how long, and what becomes of him then."""

from __future__ import annotations

import pytest

from pgx_base.light.dataclasses import replace
from pgx_postgres.running.core.patience import (
    EndAlone,
    Holder,
    Impatient,
    Patience,
    Role,
    Standstill,
    Work,
    judge,
    marked,
)

PATIENCE = Patience()
Todo = EndAlone | Impatient | None


def after(
    waited: float, *holders: Holder, quiet_for: float = 0.0, idle: bool = True
) -> Todo:
    """Return what is done *waited* seconds after the request."""
    return judge(
        PATIENCE, holders, waited=waited, quiet_for=quiet_for, checkpointer_idle=idle
    )


ARCHIVER = Holder(7, "archiver 7", "archiver", alone=True)
LIBRARY = Holder(7, "archiver 7", "archiver")
SENDER = Holder(8, "WAL sender 8", "walsender", alone=True)
BACKEND = Holder(9, "backend 9", "backend")
OTHERS: tuple[Role, ...] = ("checkpointer", "other", "backend", "archiver", "walsender")


@pytest.mark.parametrize("holder", [ARCHIVER, LIBRARY, SENDER])
def test_an_archiver_or_wal_sender_that_moves_is_waited_for(holder: Holder) -> None:
    assert after(800, replace(holder, still_for=29.9)) is None


@pytest.mark.parametrize("holder", [ARCHIVER, SENDER])
def test_one_that_does_not_is_ended_alone_then_killed_then_all_is(
    holder: Holder,
) -> None:
    still = replace(holder, still_for=30.0)
    because = f"{holder.named} has not moved for 30 s"

    assert after(29.9, still) is None
    assert after(30, still) == EndAlone(holder.pid, because)
    assert after(32, replace(still, asked="end", asked_for=2.9)) is None
    assert after(33, replace(still, asked="end", asked_for=3.0)) == EndAlone(
        holder.pid, because, kill=True
    )
    assert after(39, replace(still, asked="kill", asked_for=9.9)) is None
    assert after(40, replace(still, asked="kill", asked_for=10)) == Impatient(because)


def test_an_archiver_whose_command_was_ended_has_time_to_end_too() -> None:
    """It has no command any more that could be ended."""
    ending = replace(LIBRARY, still_for=30, asked="end", asked_for=0.001)

    assert after(30, ending, quiet_for=30) is None
    assert isinstance(after(40, replace(ending, asked_for=10)), Impatient)


def test_an_archiver_that_goes_on_after_its_command_was_ended_is_waited_for() -> None:
    moves = replace(ARCHIVER, still_for=5, asked="kill", asked_for=300)

    assert after(400, moves, quiet_for=5) is None


def test_an_archive_library_that_hangs_ends_the_fast_stop() -> None:
    todo = after(30, replace(LIBRARY, still_for=30))

    assert todo == Impatient("archiver 7 has not moved for 30 s")


def test_what_can_be_ended_alone_is_ended_while_the_checkpointer_works() -> None:
    """It will be in the way afterwards; but the checkpoint is never cut short."""
    still = replace(ARCHIVER, still_for=30)
    asked = replace(still, asked="kill", asked_for=100)

    assert isinstance(after(30, still, idle=False), EndAlone)
    assert after(200, asked, replace(LIBRARY, still_for=200), idle=False) is None


def test_a_wal_sender_waits_for_the_checkpoint_as_we_do() -> None:
    """It has sent everything; the checkpoint's record comes last."""
    still = replace(SENDER, still_for=300)

    assert after(300, still, quiet_for=0, idle=False) is None
    assert isinstance(after(300, still, quiet_for=0), EndAlone)


@pytest.mark.parametrize("role", OTHERS)
def test_a_stopped_process_ends_the_fast_stop_at_once(role: Role) -> None:
    """Also one that could be ended alone: SIGTERM does not reach it."""
    holder = Holder(5, "process 5", role, stopped_for=1.0, alone=True)

    assert after(1, holder) == Impatient("process 5 is stopped")
    assert after(1, replace(holder, stopped_for=0.9)) is None
    assert after(1, holder, idle=False) is None


def test_a_stopped_command_is_killed_at_once() -> None:
    holder = replace(ARCHIVER, command_stopped_for=1.0)

    assert after(1, holder) == EndAlone(
        7, "a command of archiver 7 is stopped", kill=True
    )


def test_a_backends_command_is_ended_before_the_fast_stop_is() -> None:
    """COPY to a program that hangs: the backend heeds its request after that."""
    holder = replace(BACKEND, alone=True)

    assert isinstance(after(30, holder), EndAlone)
    assert isinstance(after(40, replace(holder, asked="end", asked_for=3)), EndAlone)
    assert isinstance(after(50, replace(holder, asked="kill", asked_for=10)), Impatient)


def test_a_stopped_logger_holds_up_only_what_wants_to_write_to_it() -> None:
    logger = Holder(4, "process 4 (logger)", "logger", stopped_for=20)

    assert after(20, logger, quiet_for=4.9) is None
    assert after(20, logger, quiet_for=5) == Impatient(
        "process 4 (logger) is stopped, and its pipe is full"
    )


def test_where_nothing_moves_whoever_it_is_that_hangs() -> None:
    idle = Holder(6, "process 6 (walwriter)", "other", still_for=100)

    assert after(100, idle, quiet_for=29.9) is None
    assert after(29.9, idle, quiet_for=30) is None
    assert after(30, idle, quiet_for=30) == Impatient(
        "nothing of it has moved for 30 s"
    )
    assert after(30, idle, quiet_for=30, idle=False) is None


def test_an_idle_process_is_not_blamed_while_another_works() -> None:
    idle = Holder(6, "process 6 (io worker 1)", "other", still_for=400)
    works = replace(ARCHIVER, still_for=10)

    assert after(400, idle, works, quiet_for=10) is None


ONE, TWO = "archiver archiving 1", "archiver archiving 2"
START = Standstill(Work(ONE, 1.0, 5000, 1000), 10.0)


@pytest.mark.parametrize(
    ("work", "moved"),
    [
        (Work(ONE, 1.0, 5000, 1000), False),
        (Work(TWO, 1.0, 5000, 1000), True),
        (Work(ONE, 1.25, 5000, 1000), True),
        (Work(ONE, 1.1, 5000, 1000), False),
        (Work(ONE, 1.0, 5000, 67_000), True),
        (Work(ONE, 1.0, 5000, 60_000), False),
        (Work(ONE, 1.0, 2_000_000, 1000), True),
        (Work(ONE, 1.1, 200_000, 1500), False),  # it tries again and again
        (Work(ONE, 0.0, 0, 0), False),  # its command has ended
        (Work(ONE, 1.0, 5000, 1000, 4), True),  # steps in state D
    ],
)
def test_what_counts_as_work(work: Work, moved: bool) -> None:
    assert (marked(PATIENCE, START, work, 20.0).since == 20.0) == moved


def test_what_drips_counts_once_it_is_enough() -> None:
    """A slow copy: 10 KB a second."""
    mark = START
    for second in range(1, 31):
        work = replace(START.work, written=START.work.written + 10_000 * second)
        mark = marked(PATIENCE, mark, work, 10.0 + second)

    assert mark.since >= 35


def test_counters_begin_anew_where_a_command_ended() -> None:
    fallen = marked(PATIENCE, START, Work(ONE), 20.0)
    risen = marked(PATIENCE, fallen, Work(ONE, written=1 << 16), 30.0)

    assert (fallen.since, risen.since) == (10.0, 30.0)
