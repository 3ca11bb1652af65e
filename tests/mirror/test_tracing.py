"""A trace on a disk that hangs holds up nobody, and one that does not misses nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from pgx_base.trace import FILE, Nowhere, Trace
from pgx_mirror.controller import holding
from pgx_mirror.controller.tracing import WORK, Tracing
from pgx_mirror.hands.staff import Staff
from tests.mirror.short import descriptors_left


class Hangs(Nowhere):
    """A disk that answers whoever touches it once there is a file *when*."""

    def __init__(self, when: Path, at: Path) -> None:
        self._when, self._at = when, at

    def __enter__(self) -> None:
        self._at.write_text(str(os.getpid()))
        while not self._when.exists():
            time.sleep(0.01)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that waits for its last lines as long as a busy machine may take."""
    monkeypatch.setattr("pgx_mirror.controller.tracing._AT_THE_END", 60.0)


@pytest.mark.usefixtures("patient")
def test_what_is_noted_is_written_by_another(tmp_path: Path) -> None:
    staff, tracing = Staff(frozenset()), Tracing(Trace(str(tmp_path), 64, "who"))
    tracing.note("one\ntwo")
    tracing.turn(staff, 1.0)
    assert staff.is_at(WORK)
    tracing.note("three")
    tracing.end(staff)

    lines = (tmp_path / FILE).read_text().splitlines()
    assert [line.split()[-1] for line in lines] == ["one", "two", "three"]
    assert all(f"who[{os.getpid()}]" in line for line in lines)
    assert not staff.is_at(WORK)


@pytest.mark.usefixtures("patient")
def test_a_disk_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    answers, at = tmp_path / "answers", tmp_path / "pid"
    trace = Trace(str(tmp_path), 64, "who", Hangs(answers, at))
    staff, tracing = Staff(frozenset()), Tracing(trace)
    for number in range(100):
        tracing.note(f"{number}.")
        tracing.turn(staff, float(number))  # or this would never end
    wait_until(lambda: at.exists() and at.read_text(), "the disk is touched")
    answers.touch()
    tracing.end(staff)

    lines = (tmp_path / FILE).read_text().splitlines()
    assert [line.split()[-1] for line in lines] == [f"{n}." for n in range(100)]


def test_who_writes_on_a_disk_that_hangs_holds_no_lock(tmp_path: Path) -> None:
    """Or no other controller could begin, and stop -e not end, for as long as it hangs."""
    answers, at = tmp_path / "answers", tmp_path / "pid"
    lock_fd = holding.take(str(tmp_path), "a", holding.CONTROLLER)
    trace = Trace(str(tmp_path), 64, "who", Hangs(answers, at))
    staff, tracing = Staff(frozenset({lock_fd})), Tracing(trace)
    tracing.note("one")
    tracing.turn(staff, 1.0)
    wait_until(lambda: at.exists() and at.read_text(), "the disk is touched")
    os.close(lock_fd)  # as the kernel does it when the controller dies

    held = holding.is_held(str(tmp_path), "a", holding.CONTROLLER)
    answers.touch()
    tracing.end(staff)
    assert not held


@pytest.mark.usefixtures("patient")
def test_without_a_process_nothing_is_lost(tmp_path: Path) -> None:
    staff, tracing = Staff(frozenset()), Tracing(Trace(str(tmp_path), 64, "who"))
    tracing.note("one")
    with descriptors_left(0):
        tracing.turn(staff, 1.0)
    tracing.note("two")
    tracing.end(staff)

    lines = (tmp_path / FILE).read_text().splitlines()
    assert [line.split()[-1] for line in lines] == ["one", "two"]


def test_a_disk_that_hangs_to_the_end_leaves_nobody(tmp_path: Path) -> None:
    at = tmp_path / "pid"
    trace = Trace(str(tmp_path), 64, "who", Hangs(tmp_path / "never", at))
    staff, tracing = Staff(frozenset()), Tracing(trace)
    tracing.note("lost")
    tracing.turn(staff, 1.0)
    wait_until(lambda: at.exists() and at.read_text(), "the disk is touched")
    hand = int(at.read_text())
    tracing.end(staff)

    assert not staff.is_at(WORK)
    wait_until(lambda: gone(hand), "nobody is left")
