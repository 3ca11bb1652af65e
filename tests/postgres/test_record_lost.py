"""The record is lost under a live, watched server: Check says Online all the while."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import gone, kill, wait_until
from pgx_pclrsc import runentry
from pgx_pclrsc.core import names
from pgx_pclrsc.record import Garbled
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, Resource
from tests.postgres.test_check_live import Poller

pytestmark = pytest.mark.one_postgres


def _removed(resource: Resource) -> None:
    (resource.work / names.RECORD).unlink()


def _truncated(resource: Resource) -> None:
    os.truncate(resource.work / names.RECORD, 0)


def _blanked(resource: Resource) -> None:
    with (resource.work / names.RECORD).open("r+b") as file:
        file.write(names.blank(names.RECORD_SIZE))


def _garbled(resource: Resource) -> None:
    with (resource.work / names.RECORD).open("r+b") as file:
        file.write(os.urandom(names.RECORD_SIZE))


def _emptied(resource: Resource) -> None:
    for path in resource.work.iterdir():
        path.unlink()


def _lost(directory: Path) -> None:
    """Remove it, though a monitor may be writing in it."""
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=True)


def _made_anew(resource: Resource) -> None:
    _lost(resource.work)
    resource.work.mkdir(mode=0o700)
    resource.server.user.own(resource.work)


def _made_by_root(resource: Resource) -> None:
    _lost(resource.work)
    resource.work.mkdir(mode=0o755)


FILE = [_removed, _truncated, _blanked, _garbled]
DIRECTORY = [_emptied, _made_anew, _made_by_root]


def _watched_again(resource: Resource) -> bool:
    try:
        found = resource.record()
    except (Garbled, OSError):
        return False
    return (
        found is not None and found.state == "online" and resource.monitor() is not None
    )


@pytest.mark.parametrize("lose", FILE)
def test_a_lost_record_is_never_offline(
    resource: Resource, lose: Callable[[Resource], None]
) -> None:
    assert resource.online().returncode == 0
    with Poller(resource) as asked:
        for _ in range(3):
            lose(resource)
            wait_until(lambda: _watched_again(resource), "the record is there again")

    assert asked.changes() == [ONLINE]
    assert resource.offline().returncode == 0
    assert resource.check() == OFFLINE


@pytest.mark.root
@pytest.mark.parametrize("lose", DIRECTORY)
def test_a_lost_work_directory_is_never_offline(
    resource: Resource, lose: Callable[[Resource], None]
) -> None:
    """Its monitor ends for want of its lock; the entry under /run names the server."""
    assert resource.online().returncode == 0
    with Poller(resource) as asked:
        lose(resource)
        if lose is not _made_by_root:
            wait_until(lambda: _watched_again(resource), "a new monitor")
        else:
            wait_until(lambda: len(asked.answers) > 10, "some answers")

    assert asked.changes() == [ONLINE]
    assert resource.offline().returncode == 0
    assert resource.check() == OFFLINE


@pytest.mark.root
def test_a_lost_record_is_never_offline_while_online_adopts(resource: Resource) -> None:
    assert resource.online().returncode == 0
    with Poller(resource) as asked:
        _removed(resource)
        assert resource.online().returncode == 0

    assert asked.changes() == [ONLINE]


@pytest.mark.root
def test_a_lost_record_while_offline_works(resource: Resource) -> None:
    """Online as long as the server lives, and then Offline."""
    assert resource.online().returncode == 0
    with Poller(resource) as asked:
        _emptied(resource)
        assert resource.offline().returncode == 0

    assert asked.changes() in ([ONLINE], [ONLINE, OFFLINE], [OFFLINE])
    assert resource.check() == OFFLINE


@pytest.mark.root
def test_an_online_that_starts_anew_takes_the_entry_away(resource: Resource) -> None:
    """Else a record that is lost meanwhile would say Online of the server before."""
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    kill(pid)
    wait_until(lambda: gone(pid), "the postmaster is gone")
    with (resource.server.data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")

    assert resource.online().returncode == 1
    assert runentry.read(str(resource.registry), resource.name) is None
    assert resource.check() == OFFLINE


@pytest.mark.root
def test_a_record_that_is_lost_hides_no_death(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    _removed(resource)
    wait_until(lambda: _watched_again(resource), "the record is there again")
    kill(pid)

    resource.wait_for(FAULTED)
