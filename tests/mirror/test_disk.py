"""When a disk is at fault: errors at once, silence only where the server stands still too."""

from __future__ import annotations

import errno
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core import disk
from pgx_mirror.core.disk import (
    Disk,
    Effect,
    Failed,
    Full,
    Limits,
    Odd,
    Place,
    Server,
    Slow,
    Tick,
    Well,
    Write,
    Wrote,
)
from pgx_mirror.core.seen import Receiver, Seen

WAL = Place("the data directory", "/data", wal=True)
SPACE = Place("tablespace 16384", "/space")
LIMITS = Limits(0.8, 1.0, 2)
STUCK = Server(100, 0.0, waits=True)


def hang(
    known: Disk, server: Server | None, until: float
) -> tuple[float, list[Effect]]:
    """Let a file hang from second 10 on, and return when there was a fault, and what was said."""
    known, begun = disk.step(replace(known, next=10.0), Tick(), 10.0, LIMITS, server)
    assert begun == [Write(known.place)]
    now, said = 10.0, list[Effect]()
    while now < until and not known.fault:
        now = disk.wake(known, LIMITS)
        known, effects = disk.step(known, Tick(), now, LIMITS, server)
        said += effects
    return (now if known.fault else 0.0), said


def test_silence_is_a_fault_at_the_third_time_out_of_a_server_that_stands_still() -> (
    None
):
    when, said = hang(Disk(WAL), STUCK, 60)

    assert round(when, 3) == 10 + 1.0 + 2 * (0.8 + 1.0)
    assert [type(one) for one in said] == [Slow, Failed]


def test_silence_is_none_while_the_servers_writes_go_on_or_nothing_waits() -> None:
    for server in (None, replace(STUCK, waits=False), replace(STUCK, since=59.0)):
        when, said = hang(Disk(WAL), server, 60)

        assert not when
        assert [type(one) for one in said] == [Slow]


def test_silence_of_a_tablespaces_own_disk_is_told_and_no_fault() -> None:
    when, said = hang(Disk(SPACE), STUCK, 60)

    assert not when
    assert [type(one) for one in said] == [Slow]


def test_a_file_that_hangs_is_a_fault_as_soon_as_the_server_is_seen_to_stand() -> None:
    known, _ = disk.step(Disk(WAL), Tick(), 0.0, LIMITS, None)
    for now in (1.0, 2.8, 4.6, 6.4):
        known, _ = disk.step(known, Tick(), now, LIMITS, replace(STUCK, since=5.0))
    assert not known.fault

    known, said = disk.step(known, Tick(), 8.7, LIMITS, replace(STUCK, since=5.0))

    assert known.fault
    assert [type(one) for one in said] == [Failed]


def test_files_that_end_late_count_and_one_in_time_ends_the_row() -> None:
    known, now = Disk(WAL), 0.0
    for late in (1, 2, 3):
        known, _ = disk.step(known, Tick(), now, LIMITS, STUCK)
        known, _ = disk.step(known, Tick(), now + 1.0, LIMITS, None)
        known, _ = disk.step(known, Wrote(), now + 1.5, LIMITS, STUCK)
        assert (known.late, known.begun) == (late, None)
        now = known.next
    known, _ = disk.step(known, Tick(), now, LIMITS, None)
    known, said = disk.step(known, Wrote(), now + 0.5, LIMITS, None)
    assert (known.late, said) == (0, [])


@given(st.sampled_from(["EIO", "EROFS", "ENODEV", "ENXIO", "ESTALE", "EUCLEAN"]))
def test_a_broken_disk_is_a_fault_at_once_and_said_once(name: str) -> None:
    error = Wrote(getattr(errno, name), "could not sync a file")
    known, _ = disk.step(Disk(SPACE), Tick(), 0.0, LIMITS, None)

    known, said = disk.step(known, error, 0.1, LIMITS, None)
    assert said == [Failed(SPACE, f"could not sync a file: {name}")]
    known, _ = disk.step(known, Tick(), 0.8, LIMITS, None)
    known, said = disk.step(known, error, 0.9, LIMITS, None)
    assert said == []
    assert known.fault

    known, _ = disk.step(known, Tick(), 1.7, LIMITS, None)
    known, said = disk.step(known, Wrote(), 1.8, LIMITS, None)
    assert said == [Well(SPACE)]
    assert not known.fault


@given(st.sampled_from([errno.ENOSPC, errno.EDQUOT]))
def test_a_full_disk_is_no_fault_and_said_once(error: int) -> None:
    known = Disk(WAL)
    for now, want in ((0.0, [Full(WAL)]), (1.0, []), (2.0, [])):
        known, _ = disk.step(known, Tick(), now, LIMITS, None)
        known, said = disk.step(known, Wrote(error, ""), now + 0.1, LIMITS, None)
        assert (said, known.fault) == (want, "")


@given(st.sampled_from([errno.EACCES, errno.EMFILE, errno.ENOENT, errno.ECHILD, 9999]))
def test_what_says_nothing_of_the_disk_is_told_once(error: int) -> None:
    known = Disk(WAL)
    for now, want in ((0.0, [Odd]), (1.0, [])):
        known, _ = disk.step(known, Tick(), now, LIMITS, STUCK)
        known, said = disk.step(known, Wrote(error, "x"), now + 0.1, LIMITS, STUCK)
        assert ([type(one) for one in said], known.fault) == (want, "")


events = st.lists(
    st.tuples(
        st.floats(0.01, 3.0),
        st.one_of(
            st.just(Tick()),
            st.builds(Wrote, st.sampled_from([0, 5, 28, 13]), st.just("did")),
        ),
    ),
    max_size=60,
)


@given(events, st.booleans(), st.integers(0, 3))
def test_whatever_happens_one_file_is_written_at_a_time_and_faults_alternate(
    story: list[tuple[float, disk.Event]], waits: bool, retry: int
) -> None:
    limits, known, now = replace(LIMITS, retry=retry), Disk(WAL), 0.0
    server, faulty = replace(STUCK, waits=waits), False
    for pause, event in story:
        if isinstance(event, Wrote) and known.begun is None:
            continue  # nobody writes
        now += pause
        was = known
        known, effects = disk.step(known, event, now, limits, server)
        for effect in effects:
            match effect:
                case Write():
                    assert was.begun is None
                    assert now >= was.next
                case Failed():
                    assert not faulty
                    faulty = True
                case Well():
                    assert faulty
                    faulty = False
                case _:
                    pass
        assert bool(known.fault) == faulty
        if known.fault.startswith("no write"):
            assert waits
        if known.begun is not None and not known.fault:
            assert disk.wake(known, limits) >= known.begun


def test_looks_tell_what_the_server_writes() -> None:
    seen = Seen("1", recovery=False, flush=5, writing=1)
    first = disk.noticed(None, seen, 1.0)
    assert first == Server(5, 1.0, waits=True)
    assert disk.noticed(first, replace(seen, writing=0), 2.0) == Server(
        5, 1.0, waits=False
    )
    assert disk.noticed(first, replace(seen, flush=6), 3.0) == Server(
        6, 3.0, waits=True
    )
    receiver = Receiver(7, "", -1, "streaming", 1, told=9)
    standby = replace(seen, recovery=True, received=3, replayed=8, receiver=receiver)
    assert disk.noticed(None, standby, 1.0) == Server(8, 1.0, waits=True)
    idle = replace(standby, receiver=replace(receiver, told=8))
    assert disk.noticed(None, idle, 1.0) == Server(8, 1.0, waits=False)
