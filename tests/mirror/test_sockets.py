"""Names are looked up without waiting; who has a port is named."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from functools import partial

import pytest

from fixtures.ports import free_port
from fixtures.processes import gone, stands, wait_until
from pgx_base.failure import Failure
from pgx_mirror.sockets import holders, names
from pgx_mirror.sockets.listening import listen
from pgx_mirror.sockets.names import Names, wait_for
from pgx_mirror.sockets.places import Place, numeric


def answered(found: Names) -> None:
    """Step *found* until its look-up has come to its end."""
    found.look(time.monotonic())
    assert found.interests()

    def over() -> bool:
        select.select([fd for fd, _ in found.interests()], [], [], 0.1)
        found.ready(time.monotonic())
        found.tick(time.monotonic())
        return not found.interests()

    wait_until(over, "an answer")


@pytest.mark.parametrize(
    ("host", "family"),
    [("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6)],
)
def test_a_numeric_address_needs_nobody(host: str, family: int) -> None:
    found = Names(host, 26540)
    found.look(0.0)

    assert [(place.family, place.host) for place in found.places()] == [(family, host)]
    assert found.interests() == []
    assert found.due() is None


def test_a_name_is_looked_up_and_kept() -> None:
    found = Names("localhost", 26540)
    assert found.places() == ()
    answered(found)
    places = found.places()

    assert {place.host for place in places} <= {"127.0.0.1", "::1"}
    found.look(time.monotonic())
    assert found.interests() == []  # it is fresh
    found._host = "nobody.invalid"
    found._next = 0.0
    answered(found)
    assert found.trouble
    assert found.places() == places


def stopped(pid: int) -> bool:
    return gone(pid) or stands(pid)


def hanging(found: Names) -> subprocess.Popen[bytes]:
    """Begin a look-up whose child stands before it has said anything; return that."""
    while True:
        found.look(time.monotonic())
        child = found._child
        assert child is not None and child.stdout is not None
        os.kill(child.pid, signal.SIGSTOP)
        wait_until(partial(stopped, child.pid), "it stands")
        if not select.select([child.stdout], [], [], 0)[0]:
            return child
        found.close()  # we were late, and it has answered


def test_a_name_service_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "DEADLINE", 0.5)
    found = Names("localhost", 26540)
    child = hanging(found)

    def told() -> str:
        found.ready(time.monotonic())
        found.tick(time.monotonic())
        return found.trouble

    wait_until(told, "the deadline")

    assert "no answer from the name service" in found.trouble
    assert child.returncode == -signal.SIGKILL
    assert found.interests() == []


def test_a_look_up_ends_with_its_owner() -> None:
    found = Names("localhost", 26540)
    found.look(time.monotonic())
    child = found._child
    assert child is not None
    found.close()

    assert child.returncode is not None
    found.close()


def test_a_zone_that_this_host_has_not_is_told() -> None:
    found = Names("fe80::1%nowhere0", 26540)
    answered(found)

    assert found.places() == ()
    assert found.trouble


def test_what_is_waited_for_is_there_or_an_error() -> None:
    assert wait_for("127.0.0.1", 5) == (Place(socket.AF_INET, ("127.0.0.1", 5)),)
    with pytest.raises(OSError, match="known"):
        wait_for("nobody.invalid", 5)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104
def test_any_address_is_no_source(host: str) -> None:
    assert numeric(host, 1)[0].is_any
    assert not numeric("127.0.0.1", 1)[0].is_any


def test_both_families_can_be_listened_at_on_one_port() -> None:
    port = free_port()  # another's may be taken at one of both
    (first,) = listen("127.0.0.1", port)
    (second,) = listen("::1", port)

    assert first.getblocking() is second.getblocking() is False
    first.close()
    second.close()


def test_who_has_a_port_is_named() -> None:
    code = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); "
        "print(s.getsockname()[1], flush=True); input()"
    )
    words = [sys.executable, "-c", code]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(Failure, match="Address already in use") as caught:
            listen("127.0.0.1", port)
        other.kill()

    assert caught.value.detail is not None
    assert caught.value.detail.startswith(f"Process {other.pid} has it")


def test_a_table_of_the_kernel_is_read_by_port_and_state() -> None:
    table = """
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:67AC 00000000:0000 0A 00000000:00000000 00:00000000 00000000   115        0 4711 1 0
   1: 0100007F:67AC 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000   115        0 4712 1 0
   2: 0100007F:67AD 00000000:0000 0A 00000000:00000000 00:00000000 00000000   116        0 4713 1 0
"""

    assert holders.listeners(table, 26540) == {"4711": 115}


def test_a_port_that_nobody_listens_at_is_said_to_be_a_connections() -> None:
    assert "still open" in holders.shown(1)
