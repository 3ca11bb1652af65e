"""From a pair to a single server by mc_ctl list-leftovers (manual 7.7.3), on a real pair."""

from __future__ import annotations

import re
import shutil

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_mirror.core import slot_name
from pgx_mirror.core.mark import ALONE
from tests.fix_postgres import open_directory
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]
LINE = re.compile(r"(?m)^([\w.]+), line (\d+): .*: remove it")
FILE = re.compile(r"(?m)^(\S+): remove it$")
SLOT = re.compile(r"(?m)^replication slot (\w+): drop it")


def listed(pair: Whole, name: str) -> str:
    return pair.mc_ctl(name, "list-leftovers").stdout


def taken_out(pair: Whole, name: str, said: str) -> None:
    """Remove the lines and files that are listed, the last lines first."""
    for file, line in sorted(LINE.findall(said), key=lambda one: -int(one[1])):
        path = pair.data(name) / file
        lines = path.read_text().splitlines(keepends=True)
        del lines[int(line) - 1]
        path.write_text("".join(lines))
    for file in FILE.findall(said):
        (pair.data(name) / file).unlink()


def test_a_pair_becomes_a_single_server(postgresql: Binaries, os_user: OsUser) -> None:
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user) as pair,
    ):
        # 1: the server that is to go is the standby.
        stays, goes = pair.standby(), pair.primary()
        pair.mc_ctl(goes, "switch")
        wait_until(lambda: pair.mark(stays).state == ALONE, "switched", PATIENCE)
        slots = "select string_agg(slot_name, ',') from pg_replication_slots"
        slot = slot_name.of(goes)
        wait_until(lambda: pair.asks(stays, slots) == slot, "its slot", PATIENCE)
        # 2: what was the primary is stopped, and deleted.
        pair.client.stop()
        pair.mc_ctl(goes, "stop")
        shutil.rmtree(pair.data(goes))
        shutil.rmtree(pair.mcdir(goes))
        running = pair.mc_ctl(stays, "list-leftovers")
        assert f'controller of server "{stays}" is running' in running.stderr
        # 3 and 4
        pair.mc_ctl(stays, "stop")
        said = listed(pair, stays)
        before = sorted(path.name for path in pair.data(stays).iterdir())
        assert listed(pair, stays) == said
        assert before == sorted(path.name for path in pair.data(stays).iterdir())
        for text in (
            "synchronous_standby_names",
            "primary_conninfo",
            "pgx_mirror.mark: remove it",
            "pgx_mirror.reserve: remove it",
            "max_wal_senders is 10: give it the value",
            "local replication all trust: remove it, unless",
            f"management directory {pair.mcdir(stays)}: remove it",
        ):
            assert text in said
        taken_out(pair, stays, said)
        left = listed(pair, stays)
        assert not LINE.search(left)
        assert FILE.findall(left) == []
        shutil.rmtree(pair.mcdir(stays))

        server = pair.servers[stays]
        server.start_plain()

        assert SLOT.findall(left) == [slot]
        pair.asks(stays, f"select pg_drop_replication_slot('{slot}')")
        assert pair.asks(stays, "select count(*) from pg_replication_slots") == "0"
        assert pair.asks(stays, "show synchronous_standby_names") == ""
        pair.asks(stays, "create table alone as select 1 as n")
        assert pair.asks(stays, "select n from alone") == "1"
        assert pair.client.missing() == []
