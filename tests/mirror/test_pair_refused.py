"""Servers that do not hear each other, or may not form a pair: each is told why, by name."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys

import psycopg
import pytest

from fixtures import processes
from fixtures.commands import command
from fixtures.processes import wait_until
from fixtures.server import make_data_directory
from pgx_mirror.core.mark import PAIR
from pgx_mirror.peer.settings import TlsFiles
from pgx_mirror.wire.frames import frame
from tests.mirror.certificates import Authority
from tests.mirror.pair_told import (
    again,
    other_bytes,
    other_text,
    until_told,
    until_traced,
)
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def test_another_secret_is_told_by_both_and_named_in_status(mirrored: Whole) -> None:
    standby, first = mirrored.standby(), mirrored.primary()
    path = mirrored.mcdir(standby) / "secret"
    with other_text(path, path.read_text()[:4], "0123"):
        again(mirrored, standby)
        for name in (standby, first):
            until_traced(mirrored, name, "(PGX00103)")
        for name in (standby, first):
            until_told(mirrored, name, "copy the file secret")
            assert "If it runs, its file secret is another" in mirrored.told(name)
        mirrored.commits()  # the stream is a sign of life
        assert "commits wait" not in mirrored.told(first)
    again(mirrored, standby)


def test_a_login_that_is_refused_is_a_reason_and_no_failure(mirrored: Whole) -> None:
    first = mirrored.primary()
    epoch = mirrored.epoch()
    hba = mirrored.servers[first].data / "pg_hba.conf"
    everybody = "local all all reject\nhost all all 127.0.0.1/32 reject\n"
    with other_text(hba, hba.read_text(), everybody + hba.read_text()):
        with mirrored.session(first) as session:  # a session that is there stays
            mirrored.reload(first)
            wait_until(lambda: not lets_in(mirrored, first), "refused", PATIENCE)
            session.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
                "pg_backend_pid() and backend_type = 'client backend'"
            )
        until_told(mirrored, first, f'server "{first}" refuses its controller: ')
        until_traced(mirrored, first, "(PGX00319)")
    mirrored.reload(first)
    mirrored.until_switchable()
    assert mirrored.epoch() == epoch


def lets_in(pair: Whole, name: str) -> bool:
    try:
        pair.session(name, connect_timeout=60).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_port_in_use_is_told_with_whoever_has_it(mirrored: Whole) -> None:
    standby = mirrored.standby()
    mirrored.mc_ctl(standby, "stop")
    port = mirrored.admin[standby]
    script = (
        "import socket, sys, time\n"
        "s = socket.socket(); s.setsockopt(1, 2, 1)\n"
        f"s.bind(('127.0.0.1', {port})); s.listen(); print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    options = mirrored.user.popen_options()
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd="/", **options
    ) as other:
        try:
            assert other.stdout is not None and other.stdout.readline()
            refused = mirrored.start(standby)
        finally:
            other.kill()

    assert refused.returncode == 1
    assert str(port) in refused.stderr
    assert str(other.pid) in refused.stderr
    assert mirrored.start(standby).returncode == 0


def test_another_protocol_is_refused_and_named(mirrored: Whole) -> None:
    first = mirrored.primary()
    since = len(mirrored.trace(first))
    with socket.create_connection(("127.0.0.1", mirrored.admin[first]), 5) as sock:
        later = bytearray(frame(b"{}"))
        later[3] += 1  # the header's version
        sock.sendall(later)
        until_traced(mirrored, first, "(PGX00104)", since)
    assert "it speaks version 2 of the protocol" in mirrored.trace(first)[since:]
    mirrored.until_switchable()


KINDS = {
    "major version": ("(PGX00107)", "PG_VERSION"),
    "block size": ("(PGX00108)", "global/pg_control"),
}


@pytest.mark.parametrize("what", KINDS)
def test_a_server_of_another_kind_is_named(mirrored: Whole, what: str) -> None:
    """The instance does not run on what is changed here; its controller says it."""
    standby, first = mirrored.standby(), mirrored.primary()
    number, file = KINDS[what]
    mirrored.mc_ctl(standby, "stop")
    path = mirrored.servers[standby].data / file
    data = path.read_bytes()
    format_ = struct.pack("=d", 1234567.0)  # stands before the sizes
    if file == "PG_VERSION":
        offset, value = 0, b"17\n"
    else:
        offset, value = data.index(format_) + len(format_), struct.pack("=I", 16384)
    with other_bytes(path, offset, value):
        mirrored.mc_ctl(standby, "start", "-f", "--mc-only")
        until_traced(mirrored, first, number)
        until_told(mirrored, first, f"its {what} is another")
        mirrored.mc_ctl(standby, "stop", "--mc-only")
    assert mirrored.start(standby).returncode == 0


def test_a_standby_of_another_database_is_named(mirrored: Whole) -> None:
    """A fresh cluster with standby.signal in the standby's place."""
    standby, first = mirrored.standby(), mirrored.primary()
    server = mirrored.servers[standby]
    mirrored.mc_ctl(standby, "stop")
    kept = server.data.with_name(f"{server.data.name}.kept")
    server.data.rename(kept)
    try:
        make_data_directory(mirrored.binaries, mirrored.user, server.data)
        for name in ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf"):
            shutil.copyfile(kept / name, server.data / name)
        (server.data / "standby.signal").touch()
        mirrored.user.own(server.data / "standby.signal")
        mirrored.mc_ctl(standby, "start", "-f", check=False)
        until_traced(mirrored, first, "(PGX00106)")
        until_told(mirrored, first, "its system identifier is another")
        mirrored.mc_ctl(standby, "stop", check=False)
    finally:
        shutil.rmtree(server.data)
        kept.rename(server.data)
    assert mirrored.start(standby).returncode == 0


def test_a_switch_whose_standby_dies_is_told_as_failed_and_the_primary_goes_on(
    mirrored: Whole,
) -> None:
    standby, first = mirrored.standby(), mirrored.primary()
    for pid in mirrored.of_server(standby):  # the primary's stop waits for it
        processes.kill(pid, signal.SIGSTOP)
    switching = subprocess.Popen(
        [
            command("mc_ctl"), "switch", "-M", str(mirrored.mcdir(first)),
            "--local-server", first,
        ],
        env=mirrored.environment(), cwd="/", text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **mirrored.user.popen_options(),
    )  # fmt: skip
    wait_until(lambda: is_stopping(mirrored, first), "it stops", PATIENCE)
    mirrored.power_off(standby)
    _, said = switching.communicate(timeout=120)

    assert switching.returncode == 1, said
    assert "this server goes on as the primary" in said
    until_traced(mirrored, first, "(PGX00211)")
    mirrored.commits()
    assert mirrored.primary() == first
    assert mirrored.start(standby).returncode == 0


def is_stopping(pair: Whole, name: str) -> bool:
    """Whether *name*'s server lets nobody in any more."""
    try:
        pair.session(name, connect_timeout=60).close()
    except psycopg.OperationalError as ex:
        return "shutting down" in str(ex) or "refused" in str(ex)
    return False


def test_a_checkpoint_that_hangs_for_a_minute_holds_up_the_pair_and_no_commit(
    mirrored: Whole,
) -> None:
    standby, first = mirrored.standby(), mirrored.primary()
    mirrored.mc_ctl(standby, "stop")
    mirrored.commits()
    sql = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
    checkpointer = int(mirrored.asks(first, sql))
    os.kill(checkpointer, signal.SIGSTOP)
    try:
        mirrored.mc_ctl(standby, "start", "-f")
        mirrored.goes_on_for(60)
        assert mirrored.mark(first).state != PAIR
        assert mirrored.status(first) == "not-switchable"
    finally:
        os.kill(checkpointer, signal.SIGCONT)
    mirrored.until_switchable()


def secured(pair: Whole, name: str, files: TlsFiles | None) -> None:
    """Give *name*'s controller certificate, key and authority, or none."""
    path = pair.mcdir(name) / f"{name}.conf"
    lines = [one for one in path.read_text().splitlines() if "admin_ssl" not in one]
    if files is not None:
        lines += [
            f"admin_ssl_cert_file = '{files.certificate}'",
            f"admin_ssl_key_file = '{files.key}'",
            f"admin_ssl_ca_file = '{files.authority}'",
        ]
    path.write_text("\n".join([*lines, ""]))


@pytest.fixture
def authorities(mirrored: Whole) -> tuple[Authority, Authority]:
    """Two authorities, whose files are the instance administrator's."""
    place = mirrored.home / "tls"
    place.mkdir(exist_ok=True)
    mirrored.user.own(place)
    return Authority.made(place, "ours"), Authority.made(place, "theirs")


def test_tls_that_is_refused_is_told_and_named(
    mirrored: Whole, authorities: tuple[Authority, Authority]
) -> None:
    ours, theirs = authorities
    standby, first = mirrored.standby(), mirrored.primary()
    good = {name: ours.files(name) for name in (standby, first)}
    foreign = theirs.files("foreign")
    for path in (mirrored.home / "tls").iterdir():
        mirrored.user.own(path)
        path.chmod(0o600)
    secured(mirrored, first, good[first])
    for wrong in (None, foreign):
        since = len(mirrored.trace(first))
        secured(mirrored, standby, wrong)
        again(mirrored, standby)
        again(mirrored, first)
        until_traced(mirrored, first, "(PGX00113)", since)
        until_told(mirrored, first, "certificates of one CA")
        mirrored.commits()
    secured(mirrored, standby, good[standby])
    again(mirrored, standby)
    mirrored.until_switchable()

    for name in (first, standby):
        secured(mirrored, name, None)
        again(mirrored, name)
    mirrored.until_switchable()
