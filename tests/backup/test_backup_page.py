"""docs/backup.md: what an administrator types there, on a real pair."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from tests.backup.backrest import PROGRAM
from tests.fix_postgres import open_directory
from tests.mirror.played import Played
from tests.mirror.whole import PATIENCE, Whole, whole
from tests.pages.blocks import ROOT, Command, blocks, typed

PAGE = ROOT / "docs" / "backup.md"
_WRAPPER = """\
#!/bin/sh
export PGBACKREST_LOCK_PATH={home}/lock-{host} PGBACKREST_LOG_LEVEL_FILE=off
exec {program} --config={home}/pgbackrest-{host}.conf "$@"
"""


class Page(Played):
    """One section of the page, played on a pair whose servers are on this host."""

    def places(self, step: Command) -> dict[str, str]:
        home, host = self.pair.home, step.host
        port = self.pair.servers[host].port
        ours = {
            "/opt/pgx_pclrsc/bin": str(Path(command("mc_ctl")).parent),
            "/backup/inst1/backup": f"{home}/backup-{host}/inst1/backup",
            "/shared/pgbackrest": f"{home}/shared",
            "/etc/pgbackrest.conf": f"{home}/pgbackrest-{host}.conf",
            PROGRAM: f"{home}/pgbackrest-{host}",
            "pg1-port=5432": f"pg1-port={port}\npg1-socket-path={home}",
        }
        return ours | super().places(step)


def wrap(pair: Whole) -> None:
    """Lay a pgBackRest for each host: its configuration is not in /etc here."""
    for host in (A, B):
        path = pair.home / f"pgbackrest-{host}"
        path.write_text(_WRAPPER.format(program=PROGRAM, home=pair.home, host=host))
        path.chmod(0o755)


def lose(pair: Whole, name: str) -> None:
    """Lose *name*'s data directory."""
    shutil.rmtree(pair.data(name))
    pair.data(name).mkdir(mode=0o700)
    pair.user.own(pair.data(name))


@pytest.fixture
def pair(postgresql: Binaries, os_user: OsUser) -> Iterator[Whole]:
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user) as made,
    ):
        yield made


def steps() -> dict[str, list[Command]]:
    return typed([PAGE])


@contextmanager
def played(heading: str, pair: Whole) -> Iterator[Played]:
    """Play *heading*; in the end no command of it may be left."""
    made = Page(pair, steps()[heading])
    yield made
    made.ended()


_PLAYED = {
    "6.2 The backup disk", "B.1 Archiving", "Making a backup",
    "6.11.2 Each day, on both servers", "6.11.2 After a promotion", "pgBackRest",
    "The standby is rebuilt from a backup", "Both servers are lost",
}  # fmt: skip


def test_each_command_of_the_page_is_played_or_says_why_not() -> None:
    """What is below other headings is of other tests."""
    assert set(steps()) >= _PLAYED
    assert all(block.kind in ("console", "") for block in blocks(PAGE))


@pytest.mark.long
@pytest.mark.one_postgres
def test_a_pair_is_backed_up_each_day_and_after_a_promotion(pair: Whole) -> None:
    for name in (A, B):
        (pair.home / f"backup-{name}").mkdir()
        pair.user.own(pair.home / f"backup-{name}")
    for heading in ("6.2 The backup disk", "B.1 Archiving", "Making a backup"):
        with played(heading, pair) as done:
            done.run()
    with played("6.11.2 Each day, on both servers", pair) as done:
        done.run()
        assert not (pair.home / f"backup-{B}/inst1/backup").exists()
        assert len(_backups(pair, A)) == 2

    pair.mc_ctl(A, "switch")
    with played("6.11.2 After a promotion", pair) as done:
        done.run()
    assert len(_backups(pair, B)) == 1
    pair.rebuild(A)
    pair.settles()


def _backups(pair: Whole, name: str) -> list[str]:
    return [path.name for path in (pair.home / f"backup-{name}/inst1/backup").iterdir()]


@pytest.mark.long
@pytest.mark.one_postgres("oldest")  # Debian's knows no PostgreSQL that is newer
def test_a_pair_goes_with_pgbackrest(pair: Whole) -> None:
    if reason := missing("pgbackrest"):
        pytest.skip(reason)
    wrap(pair)
    with played("pgBackRest", pair) as done:
        done.run()
    pair.settles()
    with played("The standby is rebuilt from a backup", pair) as done:
        done.run(1)
        lose(pair, B)
        done.run()
    pair.settles()

    pair.client.stop()
    last = "select pg_walfile_name(pg_switch_wal())"
    wrote = pair.asks(A, last)
    archived = f"select last_archived_wal >= '{wrote}' from pg_stat_archiver"
    wait_until(lambda: pair.asks(A, archived) == "t", "all is archived", PATIENCE)
    pair.power_off(A, B)
    for name in (A, B):
        lose(pair, name)
    with played("Both servers are lost", pair) as done:
        done.run(2)
        recovers = "select pg_is_in_recovery()"
        wait_until(lambda: pair.asks(A, recovers) == "f", "it is recovered", PATIENCE)
        done.run()
    pair.until_switchable()
    assert pair.client.missing() == []
