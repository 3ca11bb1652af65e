"""A pair with pgBackRest in the place of pgx_dmpall and pgx_rcvall."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import OTHER, A, B
from fixtures.processes import wait_until
from tests.backup.backrest import Backed
from tests.mirror.whole import PATIENCE, whole

# Debian's knows no PostgreSQL that is newer than Debian's.
pytestmark = [pytest.mark.one_postgres("oldest"), pytest.mark.long]


@pytest.fixture
def backed(postgresql: Binaries, os_user: OsUser, open_tmp: Path) -> Iterator[Backed]:
    if reason := missing("pgbackrest"):
        pytest.skip(reason)
    home = open_tmp / "home"
    with whole(home, postgresql, os_user, kind=Backed) as made:
        assert isinstance(made, Backed)
        made.backrest(A, "stanza-create")
        made.backrest(A, "check")
        made.backrest(A, "backup")
        yield made


def test_a_standby_is_rebuilt_from_a_backup_and_the_archive(backed: Backed) -> None:
    """What the primary has no more comes by restore_command, which pgBackRest has written."""
    backed.mc_ctl(B, "stop")
    backed.lose(B)
    for _ in range(12):  # more than wal_keep_size
        backed.commits()
        backed.archived(A)
    backed.asks(A, "checkpoint")

    words = backed.setup_words(B)
    done = backed.mc_ctl(B, *words, "--method=command", backed.restoring(B))

    said = "mc_ctl: what the primary has no more is fetched by restore_command"
    assert said in done.stderr
    auto = (backed.data(B) / "postgresql.auto.conf").read_text()
    assert "archive-get %f" in auto
    backed.mc_ctl(B, "start", "-w", "-f")
    backed.settles()
    _refused_on_a_standby(backed)
    _switched(backed)


def _refused_on_a_standby(backed: Backed) -> None:
    """So a script that runs on both servers has to ask first."""
    for word, code in (("check", 27), ("backup", 56)):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            backed.backrest(B, word)
        assert refused.value.returncode == code


def _switched(backed: Backed) -> None:
    """The new primary archives into the same stanza, and is backed up there."""
    backed.mc_ctl(A, "switch")
    wait_until(lambda: backed.primary() == B, "a switch", PATIENCE)
    backed.rebuild(A)
    backed.settles()
    backed.archived(B)
    backed.backrest(B, "check")
    backed.backrest(B, "--type=full", "backup")


@pytest.mark.parametrize("last", [A, B])
def test_both_data_directories_are_lost(backed: Backed, last: str) -> None:
    if last == B:
        _switched(backed)
    backed.commits()
    backed.client.stop()
    backed.archived(last)
    backed.power_off(A, B)
    for name in (A, B):
        backed.lose(name)

    backed.backrest(last, "restore")
    backed.mc_ctl(last, "start", "-w", "-f", "--as-primary")
    recovers = "select pg_is_in_recovery()"
    wait_until(lambda: backed.asks(last, recovers) == "f", "recovered", PATIENCE)

    backed.set_up_standby(OTHER[last])
    backed.mc_ctl(OTHER[last], "start", "-w", "-f")
    backed.until_switchable()
    assert backed.client.missing() == []
