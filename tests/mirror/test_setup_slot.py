"""mc_ctl setup, and a replication slot that somebody has in use: for a moment, or for good."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.setup import source
from pgx_mirror.setup.source import Source
from tests.fix_mcdir import Mcdir
from tests.mirror.setups import errors, setup

pytestmark = pytest.mark.one_postgres

SLOT = "pgx_mirror_nd2"


@contextmanager
def in_use(primary: Server, mcdir: Mcdir) -> Iterator[subprocess.Popen[bytes]]:
    """Have a client stream by the standby's slot."""
    primary.ask(f"select pg_create_physical_replication_slot('{SLOT}')")
    log = mcdir.home.parent / "log"
    log.mkdir()
    mcdir.user.own(log)
    where = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", primary.user.name]
    with subprocess.Popen(
        [primary.binaries.directory / "pg_receivewal", "-S", SLOT, "-D", log, *where],
        stderr=subprocess.DEVNULL,
        cwd="/",
        **mcdir.user.popen_options(),
    ) as client:
        try:
            active = "select active from pg_replication_slots"
            wait_until(lambda: primary.ask(active) == "t", "it streams", 60)
            yield client
        finally:
            client.kill()


def test_a_slot_that_is_in_use_is_told_and_nothing_is_begun(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    with in_use(primary, mcdir):
        refused = setup(mcdir, primary)

    assert errors(refused) == [f'replication slot "{SLOT}" of the primary is in use']
    assert "hint: Stop this server's instance, wherever it runs." in refused.stderr
    assert list(standby.data.iterdir()) == []


def test_a_slot_that_is_in_use_for_a_moment_is_waited_for(
    mcdir: Mcdir, primary: Server
) -> None:
    """As by the primary's controller, which makes it."""
    at = Source("127.0.0.1", str(primary.port), primary.user.name, "nd2")
    with in_use(primary, mcdir) as client:
        end = threading.Timer(1.0, client.kill)
        end.start()
        source.drop_slot(at, SLOT)
        end.join()

    assert primary.ask("select count(*) from pg_replication_slots") == "0"
