"""pgx_rcvall killed or interrupted at its work: what was there is put back."""

from __future__ import annotations

import signal
import subprocess
from contextlib import AbstractContextManager

import pytest

from fixtures.processes import gone, wait_until
from tests.at_call import go_on, standing
from tests.backup.made_backups import Destination, errors, leftovers, numbers
from tests.backup.test_rcvall import backed_up as backed_up
from tests.backup.test_rcvall import space_of

pytestmark = pytest.mark.one_postgres


def at_work(
    made: Destination, where: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    """Have a restore stand still at *where*: it is over soon, and might be before it is met."""
    words = made.line()[1:]
    environ = made.environment()
    return standing(where, "pgx_rcvall", *words, env=environ, user=made.user)


def test_a_restore_that_was_killed_is_not_started_and_the_next_begins_anew(
    backed_up: Destination,
) -> None:
    server = backed_up.server
    recovers = server.data / "pgx_rcvall.new" / "postmaster.pid"
    with at_work(backed_up, "recovering._await") as process:
        wait_until(lambda: recovers.exists() and recovers.read_text(), "it recovers")
        process.kill()
        process.communicate()
    started = subprocess.run(
        [str(server.binaries.path("postgres")), "-D", str(server.data)],
        env=backed_up.environment(), capture_output=True, text=True,
        **server.user.popen_options(),
    )  # fmt: skip
    assert started.returncode != 0
    assert "run-pgx_rcvall-again" in started.stderr
    left = int(recovers.read_text().split()[0])

    done = backed_up.restored()
    assert "the old data is put back" in done.stderr
    assert gone(left)
    assert numbers(server) == [1, 2, 3]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_interrupted_puts_the_old_data_back(
    backed_up: Destination, number: signal.Signals
) -> None:
    server = backed_up.server
    with at_work(backed_up, "copying._file") as process:
        assert (server.data / "pgx_rcvall.new").exists()
        busy = errors(backed_up.restore())
        assert busy == [f'a restore of data directory "{server.data}" is in progress']
        process.send_signal(number)
        go_on(process)
        _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert said.endswith("pgx_rcvall: error: interrupted\n")
    assert (server.data / "PG_VERSION").read_text()[0] != "0"
    assert leftovers(space_of(backed_up)) == []
    assert numbers(server) == [1, 2, 3]
