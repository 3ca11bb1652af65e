"""mc_arb as a command, and what strangers may do to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pgx_base import locks, proc
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import (
    Win,
)
from pgx_mirror.register.house import LOCK
from tests.mirror.arbiters import (
    A,
    Arbiter,
    B,
    answer,
    pair,
    turn_until,
)

PATIENT = 30.0  # seconds of silence: nobody's loop runs while mc_arb is
PAIR_1, WON_BY_A = Cell(1, PAIR, A), Cell(2, ALONE, A)


def _connect(arbiter: Arbiter) -> socket.socket:
    return socket.create_connection(("127.0.0.1", arbiter.port), timeout=60)


def _send(sock: socket.socket, data: bytes) -> None:
    try:
        sock.sendall(data)
    except OSError:
        pass  # it was closed: that is an answer


def test_garbage_ends_its_connection_and_no_other(arbiter: Arbiter) -> None:
    with pair(arbiter) as (one, two):
        for garbage in (
            b"GET / HTTP/1.0\r\n\r\n",
            os.urandom(4096),
            b"PGX\1\xff\xff\xff\xff",
        ):
            with _connect(arbiter) as sock:
                _send(sock, garbage)
                sock.settimeout(60)
                while sock.recv(4096):
                    pass
        assert answer(one, Win(1), two).word == words.WON


def test_a_crowd_that_proves_nothing_keeps_no_server_out(arbiter: Arbiter) -> None:
    crowd = [_connect(arbiter) for _ in range(400)]
    try:
        with pair(arbiter, PATIENT) as (one, two):
            assert answer(one, Win(1), two).word == words.WON
            assert arbiter.online() == [A, B]
    finally:
        for sock in crowd:
            sock.close()


def test_who_proves_nothing_in_time_is_let_go(arbiter: Arbiter) -> None:
    with _connect(arbiter) as sock:
        sock.settimeout(60)
        assert sock.recv(4096)  # its challenge
        assert sock.recv(4096) == b""


@pytest.mark.root
def test_a_user_has_root_kill_nobody(open_tmp: Path) -> None:
    """Who has the directory can hold its lock, and write any process into it."""
    made = Arbiter(open_tmp / "theirs")
    bystander = subprocess.Popen(["sleep", "600"])
    stat = proc.read_stat(bystander.pid)
    assert stat is not None
    with open(made.directory / LOCK, "wb", buffering=0) as lock:
        assert locks.take(lock.fileno(), 0)
        lock.write(b"%d %d\n" % (bystander.pid, stat[2]))
        os.chown(made.directory, 65534, 65534)

        result = made.run("stop", "-e")

    lives = bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert lives
    assert result.returncode == 1
    assert "wrong ownership" in result.stderr


def test_status_shows_who_is_connected(arbiter: Arbiter) -> None:
    with pair(arbiter, PATIENT) as (one, two):
        shown = arbiter.run("status").stdout.splitlines()
        assert shown[0].split() == ["server_id", "host", "status"]
        assert set(shown[1]) == {"-"}
        assert [line.split() for line in shown[2:]] == [
            [A, "127.0.0.2", "online"],
            [B, "127.0.0.3", "online"],
        ]
        one.register.close()
        turn_until(lambda: arbiter.online() == [B], "one is offline", two)


def test_stop_is_refused_while_servers_are_connected(arbiter: Arbiter) -> None:
    with pair(arbiter, PATIENT) as (one, two):
        result = arbiter.run("stop")
        assert result.returncode == 1
        assert f"servers are connected: {A}, {B}" in result.stderr
        assert answer(one, Win(1), two).word == words.WON
        assert arbiter.run("stop", "-e").returncode == 0
        assert arbiter.run("status").returncode == 1
    arbiter.start()
    assert arbiter.run("stop").returncode == 0
    for mode in ("stop", "status"):
        result = arbiter.run(mode)
        assert result.returncode == 1
        assert "is not running" in result.stderr


def test_one_that_hangs_is_ended_by_force_alone(arbiter: Arbiter) -> None:
    with arbiter.frozen(), ThreadPoolExecutor() as both:
        for result in both.map(arbiter.run, ("status", "stop")):
            assert result.returncode == 1
            assert "does not answer" in result.stderr
        assert arbiter.run("stop", "-e").returncode == 0
    arbiter.start()


def test_there_is_one_in_a_directory_and_one_at_a_port(
    arbiter: Arbiter, open_tmp: Path
) -> None:
    result = arbiter.run("start")
    assert result.returncode == 1
    assert "is running already" in result.stderr
    other = open_tmp / "other"
    shutil.copytree(
        arbiter.directory,
        other,
        ignore=shutil.ignore_patterns("*.socket", "*.register"),
    )
    other.chmod(0o700)
    result = arbiter.run("start", "-M", str(other))
    assert result.returncode == 1
    assert "could not listen" in result.stderr


def test_a_broken_register_is_not_started(arbiter: Arbiter) -> None:
    arbiter.kill()
    (arbiter.directory / "pgx_mirror.register").write_bytes(b"x" * 200)
    result = arbiter.run("start")
    assert result.returncode == 1
    assert "is broken" in result.stderr
    assert arbiter.run("status").returncode == 1


def test_a_signal_ends_it(arbiter: Arbiter) -> None:
    os.kill(arbiter.pid, signal.SIGTERM)
    arbiter.wait_for_end()


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_it_serves_at_any_kind_of_address(open_tmp: Path, host: str) -> None:
    if host == "::1" and not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    arbiter = Arbiter(open_tmp / "arbiter", host)
    arbiter.start()
    with pair(arbiter) as (one, two):
        assert answer(one, Win(1), two).word == words.WON


def test_whoever_starts_it_with_blocked_signals_can_end_it(open_tmp: Path) -> None:
    arbiter = Arbiter(open_tmp / "arbiter")
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        arbiter.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.kill(arbiter.pid, signal.SIGTERM)
    arbiter.wait_for_end()
