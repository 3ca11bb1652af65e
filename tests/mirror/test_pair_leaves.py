"""A controller that leaves is not taken for a dead one; controller and watcher begin each other."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B, PairPlace, place
from fixtures.pair_chaos.nodes import part
from fixtures.ports import free_port
from fixtures.processes import gone, kill, wait_until
from pgx_postgres import control
from tests.fix_postgres import open_directory

pytestmark = pytest.mark.one_postgres

LIMIT = (
    5.4  # seconds after which silence counts; an idle stream brings a word each 2.7 s
)


@pytest.fixture(scope="module")
def made(postgresql: Binaries, os_user: OsUser) -> Iterator[PairPlace]:
    with (
        open_directory(os_user) as home,
        place(home / "home", postgresql, os_user) as made,
    ):
        made.start_arbiter()
        made.mc_ctl(A, "start", "-w", "-f", "--as-primary")
        made.set_up_standby()
        made.mc_ctl(B, "start", "-w", "-f")
        yield made


@pytest.fixture
def pair(made: PairPlace) -> PairPlace:
    """A pair that is switchable, with A the primary."""
    becomes_switchable(made)
    return made


def becomes_switchable(pair: PairPlace) -> None:
    try:
        wait_until(lambda: pair.status(A) == "switchable", "switchable", 60, 0.1)
    except TimeoutError:
        pytest.fail(f"A says: {told(pair, A)}\nB says: {told(pair, B)}")


def stands(pair: PairPlace, name: str, role: str) -> bool:
    told = pair.mc_ctl(B, "status", check=False).stdout.splitlines()
    return role in next((line for line in told if line.startswith(name)), "")


def other_than(pair: PairPlace, what: str, was: list[int]) -> list[int]:
    """Wait until A has another *watcher* or *controller* than *was*, and return it."""
    wait_until(
        lambda: (now := part(pair, A, what)) != [] and now != was,
        f"another {what}",
    )
    return part(pair, A, what)


def test_a_controller_that_leaves_is_not_taken_over(pair: PairPlace) -> None:
    pair.mc_ctl(A, "stop", "--mc-only")
    time.sleep(1.5 * LIMIT)

    assert stands(pair, B, "standby")
    with other_network(pair):
        pair.mc_ctl(A, "start", "-w", "-f")
        wait_until(lambda: ANOTHER in told(pair, A), "the difference is told")
        assert pair.status(A) == "not-switchable"
        pair.mc_ctl(A, "stop", "--mc-only")
    assert traced(pair, "line 2 here means")
    pair.mc_ctl(A, "start", "-w", "-f")
    becomes_switchable(pair)


ANOTHER = "its network.conf is another"


def told(pair: PairPlace, name: str) -> str:
    return pair.mc_ctl(name, "status", check=False).stdout


@contextmanager
def other_network(pair: PairPlace) -> Iterator[None]:
    """Give A another port for B's arbitration, which A has no use for."""
    path = pair.mcdir(A) / "network.conf"
    text = path.read_text()
    port = pair.arbitration[B]
    path.write_text(text.replace(f",{port} ", f",{free_port()} "))
    try:
        yield
    finally:
        path.write_text(text)


def test_watcher_and_controller_begin_each_other(pair: PairPlace) -> None:
    server = pair.servers[A].pid()
    watcher, controller = part(pair, A, "watcher"), part(pair, A, "controller")
    assert (len(watcher), len(controller)) == (1, 1)
    kill(watcher[0])
    second = other_than(pair, "watcher", watcher)
    wait_until(lambda: traced(pair, "(PGX00009)") == 1, "it is told")
    assert part(pair, A, "controller") == controller
    assert pair.status(A) == "switchable"

    kill(controller[0])
    other_than(pair, "controller", controller)
    becomes_switchable(pair)
    assert part(pair, A, "watcher") == second
    # Automatics were on, and are: the next one was told.
    assert "failover" not in pair.mc_ctl(A, "status").stdout

    kill(second[0])
    other_than(pair, "watcher", second)
    assert pair.servers[A].pid() == server
    wait_until(lambda: traced(pair, "(PGX00009)") == 2, "it is told")
    assert traced(pair, "was started again: ended") == 1


def traced(pair: PairPlace, text: str) -> int:
    return (pair.mcdir(A) / "trace.log").read_text().count(text)


def test_both_killed_at_once_leave_the_server_to_the_next_start(
    pair: PairPlace,
) -> None:
    server = pair.servers[A].pid()
    main = part(pair, A, "watcher") + part(pair, A, "controller")
    for number in (signal.SIGSTOP, signal.SIGKILL):  # neither sees that the other ends
        for pid in main:
            kill(pid, number)
    wait_until(lambda: all(map(gone, main)), "both are gone")
    wait_until(lambda: not pair.controllers(A), "so are those who worked for them")
    time.sleep(LIMIT + 1)

    assert pair.controllers(A) == []
    assert pair.servers[A].pid() == server
    for word in ("disable-failover", "enable-failover"):
        said = pair.mc_ctl(B, word).stderr
        assert 'server "server1" was not told' in said
    assert stands(pair, B, "standby")  # the stream is a sign of life
    pair.mc_ctl(A, "start", "-w", "-f")
    becomes_switchable(pair)
    assert pair.servers[A].pid() == server


def test_a_stop_of_all_returns_when_neither_is_left(pair: PairPlace) -> None:
    assert control.read_blocks(str(pair.servers[A].data)) == (8192, 8192)
    pair.mc_ctl(A, "stop", "-a")

    assert pair.controllers(A) == []
    assert pair.servers[B].pid() is None
    # It has said that it goes; its last steps are seen by nobody here.
    wait_until(lambda: not pair.controllers(B), "the other has ended")
