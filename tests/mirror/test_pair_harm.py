"""What others do to a pair: refused logins, modes, an old primary under the name, checkpoints."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from fixtures.pair.place import NAMES
from fixtures.processes import kill, wait_until
from pgx_mirror.core.mark import ALONE, GIVEN, SYNC
from tests.fix_pair import child
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


@contextmanager
def hba(pair: Whole, name: str, lines: str) -> Iterator[None]:
    """Put *lines* before all others of *name*'s pg_hba.conf, for a while."""
    path = pair.servers[name].data / "pg_hba.conf"
    before = path.read_text()
    path.write_text(lines + before)
    pair.reload(name)
    try:
        yield
    finally:
        path.write_text(before)
        pair.reload(name)


def test_a_standby_that_is_let_in_no_more_is_left_and_joined_again(
    mirrored: Whole,
) -> None:
    """As with a wrong password in .pgpass or primary_conninfo."""
    first, other = mirrored.primary(), mirrored.standby()

    with hba(mirrored, first, "host replication all 127.0.0.1/32 scram-sha-256\n"):
        kill(child(mirrored.servers[other], "walreceiver"), signal.SIGTERM)
        wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
        mirrored.commits()
        mirrored.witness()
        assert "not-switchable" in mirrored.told(first)

    mirrored.settles()
    assert mirrored.primary() == first


def test_a_controller_that_is_let_in_no_more_switches_nothing(mirrored: Whole) -> None:
    first = mirrored.primary()
    before = mirrored.mark(first)
    lines = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"

    with hba(mirrored, first, lines):
        ours = "application_name like 'mc_agent%'"
        with pytest.raises(psycopg.Error):
            mirrored.session(first)
        mirrored.goes_on_for(8)
        assert mirrored.mark(first) == before, mirrored.shown()
    mirrored.asks(
        first, f"select pg_terminate_backend(pid) from pg_stat_activity where {ours}"
    )
    with hba(mirrored, first, lines):
        mirrored.goes_on_for(12)

    assert mirrored.mark(first) == before, mirrored.shown()


def test_a_loosened_secret_is_used_by_no_command(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    before, path = mirrored.mark(first), mirrored.mcdir(other) / "secret"

    path.chmod(0o644)
    mirrored.goes_on_for(3)
    refused = mirrored.mc_ctl(other, "stop", check=False)
    path.chmod(0o600)

    assert refused.returncode == 1
    assert f"{path}: file has group or world access" in refused.stderr
    assert mirrored.mark(first) == before


def test_a_loosened_data_directory_is_not_started(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    data = mirrored.servers[other].data
    data.chmod(0o777)
    mirrored.mc_ctl(other, "stop")

    refused = mirrored.start(other)

    data.chmod(0o700)
    again = mirrored.start(other)
    assert refused.returncode == 1
    assert "could not start the server" in refused.stderr
    assert again.returncode == 0, again.stderr
    assert mirrored.primary() == first


def test_an_old_primary_made_a_standby_by_hand_and_not_rewound(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    server = mirrored.servers[first]
    frozen = mirrored.processes(first)
    for pid in frozen:
        kill(pid, signal.SIGSTOP)
    wait_until(lambda: mirrored.mark(other).state == ALONE, "taken over", PATIENCE)
    mirrored.commits()
    for pid in frozen:
        kill(pid, signal.SIGCONT)
    wait_until(lambda: mirrored.mark(first).state == GIVEN, "deposed", PATIENCE)
    wait_until(lambda: server.pid() is None, "stopped", PATIENCE)
    mirrored.mc_ctl(first, "stop")

    (server.data / "standby.signal").touch()
    mirrored.user.own(server.data / "standby.signal")
    bears = f"{mirrored.conninfo_of(other, 'postgres')} application_name={NAMES[first]}"
    server.configure(primary_conninfo=bears)
    server.launch()
    mirrored.goes_on_for(10)
    _is_shown_as_deposed(mirrored, first, other)
    server.stop(signal.SIGQUIT)
    refused = mirrored.start(first)

    assert refused.returncode == 1, refused.stdout
    assert "setup" in refused.stderr
    assert mirrored.holders() == [other]
    mirrored.witness()
    mirrored.rebuild(first)
    assert mirrored.mark(first).state == SYNC


def _is_shown_as_deposed(pair: Whole, first: str, other: str) -> None:
    """Long after its controller has gone, and by one that has never heard it."""
    silent, deposed = f'server "{first}" is silent', f'server "{first}" is deposed: '
    for again in (False, True):
        if again:
            pair.mc_ctl(other, "stop", "--mc-only")
            pair.mc_ctl(other, "start", "--mc-only", "-f")
        wait_until(lambda: silent in pair.told(other), "silent", PATIENCE)
        found = pair.told(other)
        assert deposed in found and "Start Mirroring" not in found
        assert ("unless that is done already" in found) == again


def test_checkpoints_without_end_while_a_pair_forms(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    ended = threading.Event()

    def storm() -> None:
        with mirrored.session(first) as session:
            while not ended.is_set():
                session.execute("checkpoint")

    storms = [threading.Thread(target=storm) for _ in range(2)]
    for one in storms:
        one.start()
    try:
        mirrored.mc_ctl(other, "stop")
        assert mirrored.start(other).returncode == 0
        mirrored.settles()
    finally:
        ended.set()
        for one in storms:
            one.join(60)
    assert mirrored.primary() == first
