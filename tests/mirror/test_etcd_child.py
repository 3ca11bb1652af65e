"""The child that asks etcd: it holds nothing of the controller's, and does not outlive it."""

from __future__ import annotations

import os
import select
import signal
import tempfile
import time

import pytest

from fixtures.processes import kill, wait_until
from pgx_base import proc
from pgx_mirror.conf.network import Endpoint
from pgx_mirror.hands.hand import reap
from pgx_mirror.register.core.words import PRIMARY, Beat
from pgx_mirror.register.etcd.client import EtcdRegister
from pgx_mirror.register.etcd.place import Place
from pgx_mirror.register.events import Away
from tests.mirror.arbiters import SYSTEM, A, B, Talker, turn_until
from tests.mirror.etcds import EtcdPlace
from tests.mirror.short import descriptors_left, opened

BEAT = Beat(PRIMARY, SYSTEM, 5.0)
LONG = 60.0  # seconds: one that is busy is not left for another child


@pytest.fixture
def etcd(etcd: EtcdPlace) -> EtcdPlace:
    etcd.timeout = LONG / 3
    return etcd


def children() -> set[int]:
    """Return this process's children that run."""
    found = {pid: proc.read_stat(pid) for pid in proc.pids()}
    return {
        pid
        for pid, stat in found.items()
        if stat is not None and stat[1] == os.getpid() and stat[0] not in "ZX"
    }


def test_it_holds_nothing_of_the_controllers(etcd: EtcdPlace) -> None:
    before = children()
    with (
        tempfile.NamedTemporaryFile() as lock,
        Talker(etcd, A, PRIMARY, limit=LONG) as one,
    ):
        turn_until(lambda: one.known, "it is there", one)
        (child,) = children() - before
        links = [os.readlink(f"/proc/{child}/fd/{n}") for n in range(3)]
        names = os.listdir(f"/proc/{child}/fd")
        assert links == ["/dev/null"] * 3
        held = [os.readlink(f"/proc/{child}/fd/{name}") for name in names]
        assert lock.name not in held
        kinds = {link.partition(":")[0] for link in held}
        assert kinds <= {"/dev/null", "pipe", "socket"}
        assert os.readlink(f"/proc/{child}/cwd") == "/"
    wait_until(lambda: children() == before, "it ends with its connection")


def test_it_ends_with_its_controller(etcd: EtcdPlace) -> None:
    """Killed, which asks nobody: what it had asked is at most one request more."""
    says, hears = os.pipe()
    controller = os.fork()
    if controller == 0:  # a controller of its own, that is killed
        try:
            with Talker(etcd, A, PRIMARY, limit=LONG) as one:
                turn_until(lambda: one.known, "it is there", one)
                os.write(hears, b"%d" % max(children()))
                signal.pause()
        finally:
            os._exit(1)
    os.close(hears)
    child = int(os.read(says, 20))
    os.close(says)
    kill(controller)
    os.waitpid(controller, 0)
    wait_until(lambda: proc.read_stat(child) is None, "the child ends")


def test_one_that_is_killed_is_followed_by_another(etcd: EtcdPlace) -> None:
    before = children()
    with Talker(etcd, A, PRIMARY, limit=LONG) as one:
        turn_until(lambda: one.known, "it is there", one)
        (child,) = children() - before
        kill(child)
        turn_until(lambda: one.losses, "it is missed", one)
        assert one.losses[-1].why == "the process that asks it has ended"
        turn_until(lambda: one.known, "it is there again", one)
        reap()
        assert children() - before - {child}


def test_without_a_descriptor_it_is_tried_again() -> None:
    place = Place((Endpoint("127.0.0.1", 1),), "/x")
    register = EtcdRegister(place, A, B, BEAT, interval=1.0)
    before = opened()
    with descriptors_left(2):
        assert register.tick(0.0) == [Away("Too many open files")]
        assert register.next_tick() == 1.0
        assert register.tick(1.0) == []  # told once
    assert opened() == before
    register.tick(2.0)
    ((fd, _),) = register.interests()
    assert select.select([fd], [], [], 60)[0]
    (away,) = register.ready(fd, select.POLLIN, time.monotonic())
    assert isinstance(away, Away)
    register.close()
    reap()
    assert opened() == before
