"""The record is lost, and something happens at each moment of a Check's look.

A Check stops before each of its looks at the files of the work directory, and at the
process that is beside the resource's; what happens then is done by the test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.os_user import OsUser
from fixtures.processes import gone, kill, wait_until
from pgx_base import locks, proc
from pgx_pclrsc.core import names
from pgx_postgres.processes import postmasters
from tests.fix_place import FAULTED, OFFLINE, ONLINE, Place
from tools.commands import PACKAGES

REPOSITORY = Path(__file__).parents[2]
CHECK = f"""
import os, sys
sys.path[:0] = {[str(REPOSITORY / part) for part in PACKAGES]!r}
sys.dont_write_bytecode = True
from pgx_agent.check import main
from pgx_pclrsc import rows, slow
when, beside, reader, writer = map(int, sys.argv[1:5])
looked_at = {{{names.RECORD!r}, {names.MONITOR_LOCK!r}, {names.TRANSITION_LOCK!r}}}
def stop(event, args):
    global when
    if event != "open" and event != "fcntl.fcntl":
        return
    if event == "open" and args[0] not in looked_at:
        if not str(args[0]).startswith(f"/proc/{{beside}}/"):
            return
    when -= 1
    if when == 0:
        os.write(writer, b"now")
        os.read(reader, 1)
sys.addaudithook(stop)
os._exit(main.run(["pg1"]))
"""
MANY = 60  # more moments than a Check has


def check_at(
    place: Place, when: int, act: Callable[[], object], beside: int = 0
) -> tuple[int, bool]:
    """Return what a Check says that meets *act* before its look number *when*, and if it did."""
    theirs, ours = os.pipe()
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-IS", "-c", CHECK]
        + [str(word) for word in (when, beside, theirs, writer)],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        pass_fds=(theirs, writer),
    ) as child:
        os.close(theirs)
        os.close(writer)
        reached = os.read(reader, 3) == b"now"
        if reached:
            act()
        os.close(ours)
        os.close(reader)
        return child.wait(timeout=60), reached


@contextmanager
def like_a_postmaster(place: Place) -> Iterator[int]:
    """Run a process of the OS user that has forked one with a server's title."""
    titled = "['postgres: checkpointer '], executable=sys.executable, stdin=-1"
    code = f"import subprocess, sys; subprocess.Popen({titled}).wait()"
    known = place.definition()
    user = OsUser(known.os_user, known.uid, known.gid, other=os.getuid() == 0)
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, cwd="/", env={}, **user.popen_options()) as one:
        try:
            wait_until(
                lambda: one.pid in postmasters.of_user(user.uid), "it looks like one"
            )
            yield one.pid
        finally:
            one.kill()


class Monitor:
    """Holds its lock, and says by it what *server* is."""

    def __init__(self, place: Place, server: int, *states: int) -> None:
        stat = proc.read_stat(server)
        assert stat is not None
        said = [state + locks.ident(server, stat[2]) for state in states]
        self._held = [place.hold(names.MONITOR_LOCK, locks.MONITOR, *said)]

    def end(self) -> None:
        while self._held:
            os.close(self._held.pop())


def each_moment(check: Callable[[int], tuple[int, bool]], at_least: int) -> list[int]:
    """Return what Checks say that are met at their first moment, their second, and so on."""
    said = []
    for when in range(1, MANY):
        code, reached = check(when)
        if not reached:
            break
        said.append(code)
    assert at_least <= len(said) < MANY - 1
    return said


def lose(place: Place) -> None:
    with (place.work / names.RECORD).open("wb"):
        pass


def test_another_server_of_the_user_ends(place: Place) -> None:
    """Its number is the lower one, so that it is found first."""

    def check(when: int) -> tuple[int, bool]:
        with like_a_postmaster(place) as one, like_a_postmaster(place) as two:
            other, server = sorted((one, two))
            monitor = Monitor(place, server, locks.ONLINE_IS)
            try:
                return check_at(place, when, lambda: os.kill(other, 9), other)
            finally:
                monitor.end()

    assert set(each_moment(check, 4)) == {ONLINE}


def test_the_record_is_lost(place: Place, process: int) -> None:
    monitor = Monitor(place, process, locks.ONLINE_IS)

    def check(when: int) -> tuple[int, bool]:
        place.write("online", process)
        return check_at(place, when, lambda: lose(place))

    assert set(each_moment(check, 3)) == {ONLINE}
    monitor.end()


def test_the_monitor_writes_it_anew(place: Place, process: int) -> None:
    monitor = Monitor(place, process, locks.ONLINE_IS)

    def check(when: int) -> tuple[int, bool]:
        lose(place)
        return check_at(place, when, lambda: place.write("online", process))

    assert set(each_moment(check, 4)) == {ONLINE}
    monitor.end()


def test_the_monitor_writes_it_anew_and_ends(place: Place, process: int) -> None:
    """Neither look alone meets it: the record was lost, and then the lock is free."""

    def check(when: int) -> tuple[int, bool]:
        lose(place)
        monitor = Monitor(place, process, locks.ONLINE_IS)

        def act() -> None:
            place.write("online", process)
            monitor.end()

        try:
            return check_at(place, when, act)
        finally:
            monitor.end()

    assert set(each_moment(check, 4)) == {ONLINE}


def test_an_offline_stops_the_server(place: Place) -> None:
    """It was Online or it is Offline, and never Faulted."""

    def check(when: int) -> tuple[int, bool]:
        lose(place)
        with like_a_postmaster(place) as server:
            monitor = Monitor(place, server, locks.ONLINE_IS)
            works: list[int] = []

            def act() -> None:
                works.append(place.hold(names.TRANSITION_LOCK, locks.OFFLINE))
                kill(server)
                monitor.end()
                place.write("none", 0)

            try:
                return check_at(place, when, act)
            finally:
                monitor.end()
                for fd in works:
                    os.close(fd)

    assert set(each_moment(check, 4)) <= {ONLINE, OFFLINE}


def test_a_monitor_that_has_not_heard_from_its_server(place: Place) -> None:
    """It holds its lock, and is about to write that the server starts."""
    with like_a_postmaster(place) as server:
        monitor = Monitor(place, server)
        assert place.check().returncode == OFFLINE
        monitor.end()


def test_a_fault_stays_one(place: Place, process: int) -> None:
    monitor = Monitor(place, process, locks.ONLINE_IS, locks.FAULTED_IS)
    done = place.check()
    monitor.end()

    assert done.returncode == FAULTED
    assert "its monitor says so" in done.stderr


def test_a_server_that_ends_is_a_fault(place: Place) -> None:
    with like_a_postmaster(place) as server:
        monitor = Monitor(place, server, locks.ONLINE_IS)
        kill(server)
        wait_until(lambda: gone(server), "it has ended")
        done = place.check()
        monitor.end()

    assert done.returncode == FAULTED
    assert "its postmaster is gone" in done.stderr


def test_a_record_and_its_monitor_lost_are_offline(place: Place, process: int) -> None:
    lose(place)

    assert place.check().returncode == OFFLINE
