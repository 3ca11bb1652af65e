"""An old primary of a real pair is back without a copy, and the pair is whole again."""

from __future__ import annotations

import pytest

from fixtures.processes import kill, wait_until
from fixtures.server import Server
from pgx_mirror.core import slot_name
from pgx_mirror.core.mark import ALONE
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def kept(server: Server) -> str:
    """Return for whom the server keeps WAL."""
    return server.ask("select string_agg(slot_name, ',') from pg_replication_slots")


@pytest.mark.parametrize("how", ["switch", "postmaster killed", "power off"])
def test_an_old_primary_is_back_without_a_copy(mirrored: Whole, how: str) -> None:
    old, new = mirrored.primary(), mirrored.standby()
    inode = (mirrored.servers[old].data / "base/1/2619").stat().st_ino
    if how == "switch":
        mirrored.mc_ctl(old, "switch")
    elif how == "power off":
        mirrored.power_off(old)
    else:
        pid = mirrored.servers[old].pid()
        assert pid is not None
        kill(pid)
    wait_until(lambda: mirrored.mark(new).state == ALONE, "it takes over", PATIENCE)
    mirrored.commits()
    taken = mirrored.servers[new]
    wait_until(lambda: kept(taken) == slot_name.of(old), "its WAL is kept", PATIENCE)
    if mirrored.controllers(old):
        mirrored.mc_ctl(old, "stop")

    made = mirrored.mc_ctl(old, *mirrored.setup_words(old))

    streams = "mc_ctl: by streaming: " in made.stderr
    assert streams or "mc_ctl: by a rewind: " in made.stderr
    assert streams or how != "switch", made.stderr
    assert (mirrored.servers[old].data / "base/1/2619").stat().st_ino == inode
    mirrored.mc_ctl(old, "start", "-w", "-f")
    mirrored.settles()
    wait_until(lambda: not kept(mirrored.servers[old]), "no slot is left", PATIENCE)
