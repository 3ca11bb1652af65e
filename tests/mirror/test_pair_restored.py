"""The primary's directory is lost, and a backup is there: the standby has what that has not."""

from __future__ import annotations

import subprocess

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from pgx_mirror.core.mark import ALONE, SYNC
from tests.mirror.test_pair_forced import a_pair, errors, silent
from tests.mirror.whole import Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def restore_an_older_directory(pair: Whole, first: str, other: str) -> None:
    """Have *first*'s host lose its power, and its disk; a cold copy has not the latest rows."""
    data = pair.data(first)
    copy, lost = data.with_name("backup"), data.with_name("lost")
    pair.mc_ctl(first, "stop", "-a")
    subprocess.run(["cp", "-a", data, copy], check=True)
    pair.start(first)
    pair.start(other)
    pair.until_switchable()
    pair.client.start()
    pair.goes_on_for(2.0)
    pair.client.stop()
    pair.power_off(first)
    data.rename(lost)
    copy.rename(data)


def test_a_backup_is_not_started_beside_a_standby_that_has_every_row(
    postgresql: Binaries, os_user: OsUser
) -> None:
    with a_pair(postgresql, os_user, "message") as pair:
        first, other = pair.primary(), pair.standby()
        pair.client.stop()
        restore_an_older_directory(pair, first, other)
        start = ("start", "-w", "-f", "--as-primary")
        refused = errors(pair.mc_ctl(first, *start, check=False))
        assert "has all that was acknowledged" in refused
        assert "mc_ctl switch --force there" in refused
        assert pair.mark(other).state == SYNC

        silent(pair, other)
        pair.forced(other, "switch")
        assert pair.mark(other).state == ALONE
        assert pair.client.missing() == []
