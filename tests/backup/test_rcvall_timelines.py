"""pgx_rcvall where the newest timeline cannot be followed: nothing of it is passed over."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from tests.backup.made_backups import Destination, empty, errors, numbers
from tests.fix_postgres import MakeServer

pytestmark = pytest.mark.one_postgres


@pytest.fixture
def promoted(make_server: MakeServer, open_tmp: Path, bindir: Path) -> Destination:
    """A backup of timeline 1 with row 1; row 2 is archived on timeline 2; the disk is new."""
    server = make_server("data", fsync="on")
    made = Destination(open_tmp / "backup", server, bindir)
    made.make()
    server.configure(**made.archives())
    server.start_plain()
    server.ask("create table t (n int); insert into t values (1)")
    made.back_up()
    server.stop()
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    server.configure(restore_command="false")
    server.start_plain()
    wait_until(lambda: server.ask("select pg_is_in_recovery()") == "f", "promoted", 60)
    server.ask("insert into t values (2)")
    made.switch_wal()
    wait_until((made.archive / "00000002.history").exists, "archived", 60)
    server.stop(signal.SIGQUIT)
    empty(server.data)
    return made


def test_log_of_a_timeline_without_its_history_is_not_passed_over(
    promoted: Destination,
) -> None:
    history = promoted.archive / "00000002.history"
    text = history.read_text()
    for broken in ("", None):
        history.unlink() if broken is None else history.write_text(broken)
        (error,) = promoted.refused()
        assert error == (
            'backup "20261129T210308Z_server1" cannot be recovered along timeline 2, of '
            "which there is log"
        )
    history.write_text(text)
    promoted.restored()
    assert numbers(promoted.server) == [1, 2]


def test_a_timeline_of_which_there_is_no_log_is_a_gap(promoted: Destination) -> None:
    first, *more = sorted(promoted.archive.glob("00000002" + 16 * "?"))
    for path in (first, *more):
        path.unlink()
    done = promoted.restore()
    assert errors(done) == [f"the write-ahead log has a gap: {first.name}"]
    assert "A timeline begins there" in done.stderr
    promoted.restored("--up-to-gap")
    assert numbers(promoted.server) == [1]
