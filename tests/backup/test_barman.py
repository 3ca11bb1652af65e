"""A pair that is backed up by Barman, on the same host; its archive is filled by our command."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres("oldest"), pytest.mark.long]

PROGRAM = "/usr/bin/barman"
_CONF = """\
[barman]
barman_home = {home}/barman
barman_user = {user}
log_file = {home}/barman/barman.log

[inst1]
description = the pair, whichever server is the primary
conninfo = {conninfo}
streaming_conninfo = {conninfo}
backup_method = postgres
archiver = on
path_prefix = {programs}
"""


class Barman(Whole):
    """Such a pair."""

    def make(self) -> None:
        for each in ("", "/inst1", "/inst1/incoming"):
            self._directory(A, self.home / f"barman{each}")
        archive = self.home / "barman/inst1/incoming"
        line = f'{command("pgx_walcopy.cmd")} "%p" "{archive}/%f"'
        self.settings |= {"archive_mode": "on", "archive_command": line}
        super().make()
        (self.home / "barman.conf").write_text(
            _CONF.format(
                home=self.home,
                user=self.user.name,
                conninfo=self.conninfo(),
                programs=self.binaries.directory,
            )
        )

    def line(self, *words: str) -> list[str]:
        """Return a call of Barman."""
        return [PROGRAM, "-c", str(self.home / "barman.conf"), *words]

    def barman(self, *words: str) -> str:
        """Have Barman do it; return what it says."""
        return self.user.run(self.line(*words), self.environment()).stdout

    def lose(self, name: str) -> None:
        """Lose *name*'s data directory."""
        shutil.rmtree(self.data(name))
        self._directory(name, self.data(name))

    def archived(self, name: str) -> None:
        """See that Barman has a file of the log that *name* has written just now."""
        wrote = self.asks(name, "select pg_walfile_name(pg_switch_wal())")
        last = "select last_archived_wal from pg_stat_archiver"
        wait_until(lambda: self.asks(name, last) >= wrote, "archived", PATIENCE)
        self.barman("archive-wal", "inst1")


@pytest.fixture
def backed(postgresql: Binaries, os_user: OsUser, open_tmp: Path) -> Iterator[Barman]:
    if reason := missing("barman"):
        pytest.skip(reason)
    with whole(open_tmp / "home", postgresql, os_user, kind=Barman) as made:
        assert isinstance(made, Barman)
        made.archived(A)
        made.barman("backup", "inst1")
        yield made


def test_a_standby_is_rebuilt_from_a_backup(backed: Barman) -> None:
    """Barman brings the log with it, and the primary has what comes behind that."""
    backed.mc_ctl(B, "stop")
    backed.commits()
    backed.archived(A)

    restores = " ".join(backed.line("recover", "inst1", "latest", "%D"))
    done = backed.mc_ctl(B, *backed.setup_words(B), "--method=command", restores)
    assert "mc_ctl: Copying required WAL segments.\n" in done.stderr
    assert "archive_command = false" not in _conf(backed, B)
    backed.mc_ctl(B, "start", "-w", "-f")
    backed.settles()

    backed.mc_ctl(A, "switch")
    wait_until(lambda: backed.primary() == B, "a switch", PATIENCE)
    backed.rebuild(A)
    backed.settles()
    backed.archived(B)
    backed.barman("backup", "inst1")


def _conf(backed: Barman, name: str) -> str:
    return (backed.data(name) / "postgresql.conf").read_text()


def test_both_data_directories_are_lost(backed: Barman) -> None:
    """By `--get-wal`, else it begins no timeline, and writes what is archived once more."""
    backed.commits()
    backed.client.stop()
    backed.archived(A)
    backed.power_off(A, B)
    for name in (A, B):
        backed.lose(name)

    words = ("recover", "--get-wal", "inst1", "latest", str(backed.data(A)))
    backed.barman(*words)
    _correct(backed)
    backed.mc_ctl(A, "start", "-w", "-f", "--as-primary")
    recovers = "select pg_is_in_recovery()"
    wait_until(lambda: backed.asks(A, recovers) == "f", "it is recovered", PATIENCE)
    now = "select pg_walfile_name(pg_current_wal_lsn())"
    assert backed.asks(A, now).startswith("00000002")
    backed.archived(A)
    backed.set_up_standby(B)
    backed.mc_ctl(B, "start", "-w", "-f")
    backed.until_switchable()
    assert backed.client.missing() == []


def _correct(backed: Barman) -> None:
    """Do what Barman asks for: it archives nothing, and calls itself by sudo."""
    auto, conf = (backed.data(A) / f"postgresql{each}.conf" for each in (".auto", ""))
    text = auto.read_text()
    barman = f"{PROGRAM} -c {backed.home}/barman.conf"
    assert f"sudo -u {backed.user.name} barman get-wal" in text
    auto.write_text(text.replace(f"sudo -u {backed.user.name} barman", barman))
    text = conf.read_text()
    assert "\narchive_command = false\n" in text
    command = backed.settings["archive_command"]
    conf.write_text(text.replace("= false\n", f"= '{command}'\n"))
