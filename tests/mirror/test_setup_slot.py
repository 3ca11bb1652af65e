"""mc_ctl setup, and a replication slot that somebody has in use: for a moment, or for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base.heeded import Heeded
from pgx_mirror.core import wal
from pgx_mirror.setup import alike, keeping, source
from pgx_mirror.setup.choosing import Choice, End, Known, Upstream
from pgx_mirror.setup.methods import STREAMING
from pgx_mirror.setup.source import Source
from pgx_mirror.setup.task import Task
from tests.fix_mcdir import Mcdir
from tests.mirror.setups import errors, setup

pytestmark = pytest.mark.one_postgres

SLOT = "pgx_mirror_nd2"
UNHEEDED = Heeded((), KeyboardInterrupt)


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
    mcdir: Mcdir, primary: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by the primary's controller, which makes it."""
    monkeypatch.setattr(source, "_FREE_WITHIN", 60.0)  # who is to go may be late
    at = Source("127.0.0.1", str(primary.port), primary.user.name, "nd2")
    with in_use(primary, mcdir) as client:
        end = threading.Timer(1.0, client.kill)
        end.start()
        source.drop_slot(at, SLOT)
        end.join()

    assert primary.ask("select count(*) from pg_replication_slots") == "0"


@contextmanager
def interrupted_in(function: str) -> Iterator[None]:
    """Have this thread be told ^C once, as soon as it is at work in *function*."""
    told, done = threading.Event(), threading.Event()
    main = threading.get_ident()

    def once(number: int, frame: FrameType | None) -> None:
        if not told.is_set():
            told.set()
            raise KeyboardInterrupt

    def strike() -> None:
        while not done.wait(0.05):
            # Again, until it is heard: one that comes before a call begins interrupts none.
            if sys._current_frames()[main].f_code.co_name == function:
                signal.pthread_kill(main, signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, once)
    striking = threading.Thread(target=strike)
    striking.start()
    try:
        yield
    finally:
        done.set()
        striking.join()
        signal.signal(signal.SIGALRM, before)


def test_a_slot_that_was_made_goes_where_the_comparing_is_ended(
    primary: Server, tmp_path: Path
) -> None:
    """The directory's log is on a disk that hangs."""
    at = Source("127.0.0.1", str(primary.port), primary.user.name, "nd2")
    told = source.ask(at)
    known = Known(End(1, told.position), Upstream(1, told.position), checkpoint=1 << 40)
    log = tmp_path / "pg_wal"
    log.mkdir()
    os.mkfifo(log / wal.name_of(1, told.position - 1, known.segment))
    task = Task(str(tmp_path), "nd2", "nd1", str(tmp_path), at, "postgres", False)
    with interrupted_in(alike._Log._parts.__name__), pytest.raises(KeyboardInterrupt):
        keeping.settle(task, told, Choice(STREAMING, ()), known, SLOT, UNHEEDED)

    assert primary.ask("select count(*) from pg_replication_slots") == "0"
