"""Programs that hang, and whose caller has ended: what becomes of them and their children."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_mirror.commands import calling
from pgx_mirror.commands import program as running
from pgx_mirror.commands.order import DONE, NOT_CALLED, TIMED_OUT, UNHEARD, Outcome
from pgx_mirror.hands.hand import reap
from pgx_mirror.hands.staff import Staff
from tests.mirror.programs import WORK, heard, order, outcome, script

FOR_EVER = "sleep 600"
SHORT = 3.0  # seconds, in which a program comes to where it hangs, mostly


@pytest.fixture
def staff() -> Iterator[Staff]:
    made = Staff(frozenset())
    yield made
    made.end_all()
    reap()


@pytest.fixture
def path(program_home: Path) -> Path:
    return program_home / "program"


def pids(path: Path, count: int) -> list[int]:
    """Return what a script has written into its file `pids`, once that are *count*."""
    file = path.with_name("pids")

    def written() -> list[int] | None:
        text = file.read_text() if file.exists() else ""
        found = [int(word) for word in text.split()]
        return found if len(found) == count and text.endswith("\n") else None

    wait_until(lambda: written() is not None, f"{count} processes")
    return written() or []


def timed_out(staff: Staff, path: Path) -> Outcome:
    """Return what comes of a call that takes too long, of a script that tells its processes.

    It is called again, for longer, where it has not come to where it hangs.
    """
    told = path.with_name("pids")
    for seconds in (SHORT, 4 * SHORT, 16 * SHORT):
        done = outcome(staff, order(path, seconds=seconds))
        if done.how != NOT_CALLED and told.exists() and told.read_text():
            break
    assert (done.how, done.why) == (TIMED_OUT, f"no answer within {seconds:g} s")
    return done


def pidded(path: Path, text: str) -> Path:
    """Make a script that tells `$P`, where its processes are to be told, and does *text*."""
    return script(path, f"P={path.with_name('pids')}\n{text}")


# --- one that hangs --------------------------------------------------------------------


def test_one_that_hangs_is_ended_with_its_children(staff: Staff, path: Path) -> None:
    pidded(path, f"{FOR_EVER} & echo $$ $! > $P\nwait")

    timed_out(staff, path)

    for pid in pids(path, 2):
        wait_until(lambda pid=pid: gone(pid), "it is ended")  # type: ignore[misc]


def test_so_is_one_that_will_not_be_asked(staff: Staff, path: Path) -> None:
    """SIGTERM is ignored, by a child too; the program itself has stopped."""
    stubborn = f"(trap '' TERM; echo $$ $(sh -c 'echo $PPID') > $P; {FOR_EVER})"
    pidded(path, f"trap '' TERM\n{stubborn} &\nkill -STOP $$")

    timed_out(staff, path)

    for pid in pids(path, 2):
        wait_until(lambda pid=pid: gone(pid), "it is ended")  # type: ignore[misc]


def test_one_that_may_end_by_itself_is_given_the_time(
    staff: Staff, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_ENDS_WITHIN", 60.0)
    pidded(path, f"trap 'echo told; exit 0' TERM\n{FOR_EVER} & echo $$ > $P; wait")

    assert timed_out(staff, path).lines == ("told",)


def test_one_whose_disk_does_not_answer_is_not_waited_for_any_longer(
    staff: Staff, path: Path
) -> None:
    """A lease keeps whoever opens the file waiting, as a disk that hangs does."""
    script(path, "true")
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    fd = os.open(path, os.O_WRONLY)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    try:
        done = outcome(staff, order(path, seconds=SHORT))
    finally:
        os.close(fd)
        signal.signal(signal.SIGIO, before)

    why = f"no answer within {SHORT:g} s from the disk it lies on"
    assert (done.how, done.why) == (NOT_CALLED, why)


def test_what_it_leaves_in_the_background_holds_up_nobody(
    staff: Staff, path: Path
) -> None:
    """It goes on, though it has the program's output open."""
    pidded(path, f"{FOR_EVER} & echo $! > $P")

    done = outcome(staff, order(path))
    (pid,) = pids(path, 1)

    assert done.how == DONE
    assert not gone(pid)
    kill(pid)


# --- who called it ends ----------------------------------------------------------------


def test_one_that_is_asked_ends_with_who_asked(staff: Staff, path: Path) -> None:
    """A fence that runs on would end a server that has come back meanwhile."""
    pidded(path, f"{FOR_EVER} & echo $$ $! > $P\nwait")
    staff.begin_lasting(WORK, calling.call, order(path))
    found = pids(path, 2)

    staff.end_all()

    for pid in found:
        wait_until(lambda pid=pid: gone(pid), "it is ended")  # type: ignore[misc]


def test_so_it_does_where_who_asked_was_killed(path: Path) -> None:
    pidded(path, f"{FOR_EVER} & echo $$ $! > $P\nwait")
    child = os.fork()
    if child == 0:
        Staff(frozenset()).begin_lasting(WORK, calling.call, order(path))
        signal.pause()
    found = pids(path, 2)
    kill(child)
    os.waitpid(child, 0)

    for pid in found:
        wait_until(lambda pid=pid: gone(pid), "it is ended")  # type: ignore[misc]


def test_one_that_is_told_goes_on_without(staff: Staff, path: Path) -> None:
    """An address that is half moved is worse than a notice that comes late."""
    fifo, end = path.with_name("fifo"), path.with_name("end")
    os.mkfifo(fifo)
    pidded(path, f"echo $$ > $P\nread line < {fifo}; echo $line > {end}")
    staff.begin_lasting(WORK, calling.call, order(path, asked=False))
    assert pids(path, 1)

    staff.end_all()
    time.sleep(0.5)  # in which it must not be ended
    fifo.write_text("moved\n")

    wait_until(lambda: end.exists() and end.read_text() == "moved\n", "it has gone on")


def test_where_its_hand_has_died_nobody_knows_how_it_ended(
    staff: Staff, path: Path
) -> None:
    pidded(path, f"echo $PPID $$ > $P\nexec {FOR_EVER}")
    staff.begin_lasting(WORK, calling.call, order(path))
    hand, program = pids(path, 2)
    kill(hand)

    found = heard(staff)

    assert (found.how, found.why) == (
        UNHEARD,
        "the process at work on it has ended",
    )
    wait_until(lambda: gone(program), "it is ended with its hand")
