"""After an installation over an older one: Online and Offline beside its monitor.

What the older version has written is put down as it was recorded, and a stand-in keeps it
as its monitor did (tests/older): nothing of that is made by the code under test.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.processes import gone, kill
from pgx_base import locks
from tests.fix_resource import OFFLINE
from tests.older.after import is_online_under_us, nothing_is_left
from tests.older.installation import Older
from tests.older.script import works

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


# --- Online -------------------------------------------------------------------


def test_online_beside_it_leaves_the_server_alone_and_watches_it_itself(
    older: Older,
) -> None:
    pid = older.online()
    before = older.resource.known()
    result = older.resource.online()

    assert result.returncode == 0, result.stderr
    assert "is Online already" in result.stderr
    is_online_under_us(older, pid)
    after = older.resource.known()
    assert (after.postmaster, after.start) == (before.postmaster, before.start)
    assert after.generation == before.generation


def test_online_starts_anew_what_it_has_said_is_faulted(older: Older) -> None:
    pid = older.online()
    before = older.resource.known().postmaster
    older.end_monitor(signal.SIGUSR1)
    older.resource.wait_for_record("faulted")
    result = older.resource.online()

    assert result.returncode == 0, result.stderr
    assert gone(before)
    is_online_under_us(older, pid)


def test_online_joins_a_start_that_an_older_online_has_left(older: Older) -> None:
    postmaster = older.resource.server.start_plain()
    older.says("starting", postmaster)
    assert older.resource.check() == OFFLINE
    result = older.resource.online()

    assert result.returncode == 0, result.stderr
    assert older.resource.known().postmaster == postmaster
    is_online_under_us(older, 0)


def test_online_starts_what_an_older_offline_has_stopped(older: Older) -> None:
    older.stopped()
    assert older.resource.check() == OFFLINE
    result = older.resource.online()

    assert result.returncode == 0, result.stderr
    is_online_under_us(older, 0)


# --- Offline ------------------------------------------------------------------


@pytest.mark.parametrize("state", ["online", "faulted"])
def test_offline_ends_it_and_leaves_nothing(older: Older, state: str) -> None:
    pid = older.online()
    postmaster = older.resource.known().postmaster
    if state == "faulted":
        older.end_monitor(signal.SIGUSR1)
        older.resource.wait_for_record("faulted")
    result = older.resource.offline()

    assert (result.returncode, gone(pid)) == (0, True), result.stderr
    nothing_is_left(older, postmaster)
    assert ("immediate stop" in older.resource.trace()) == (state == "faulted")


def test_offline_ends_one_that_is_stopped(older: Older) -> None:
    pid = older.online()
    postmaster = older.resource.known().postmaster
    kill(pid, signal.SIGSTOP)
    result = older.resource.offline()

    assert result.returncode == 0, result.stderr
    nothing_is_left(older, postmaster)


def test_offline_ends_one_that_has_lost_its_files(older: Older) -> None:
    """No lock tells of it: it speaks by the beacon, and is told by name and registry."""
    pid = older.online()
    postmaster = older.resource.known().postmaster
    kill(pid, signal.SIGSTOP)
    for name in ("monitor.lock", "transition.lock", "record"):
        (older.resource.work / name).unlink()
    result = older.resource.offline()

    assert result.returncode == 0, result.stderr
    nothing_is_left(older, postmaster)


# --- a monitor of a generation that is no more ---------------------------------


@contextmanager
def _superseded(older: Older) -> Iterator[int]:
    """A monitor that is stopped, of a server that is no more; the record is another's."""
    pid = older.online()
    kill(pid, signal.SIGSTOP)
    older.resource.server.stop(signal.SIGQUIT)
    older.stopped()
    older.beacon.unlink()
    yield pid
    older.has_ended()


def test_online_ends_one_whose_generation_is_gone(older: Older) -> None:
    with _superseded(older) as pid:
        assert older.resource.check() == OFFLINE
        result = older.resource.online()
        assert result.returncode == 0, result.stderr
        is_online_under_us(older, pid)


def test_offline_ends_one_whose_generation_is_gone(older: Older) -> None:
    with _superseded(older) as pid:
        result = older.resource.offline()
        assert (result.returncode, gone(pid)) == (0, True), result.stderr
        assert older.resource.check() == OFFLINE


def test_offline_ends_an_older_online_at_work(older: Older) -> None:
    with works(older, "online", locks.ONLINE) as process:
        result = older.resource.offline()
        assert result.returncode == 0, result.stderr
        assert process.wait(60) == -signal.SIGTERM
