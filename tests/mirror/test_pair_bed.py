"""The bed for a pair: its networks and nodes do what they say, and nothing is left of it."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.bed import disk
from fixtures.bed.run import run
from fixtures.pair.place import ARBITER, A, B
from fixtures.pair_bed.bed import NODES, OUT, PairBed, why_not
from fixtures.pair_bed.networks import (
    ADMIN,
    ARBITRATION,
    ARRIVES,
    BOTH,
    JOB,
    LEAVES,
    LOG,
    NETWORKS,
    address,
)
from fixtures.pair_bed.sockets import made_in
from fixtures.processes import gone, wait_until
from pgx_base import proc
from tests.bed_left import is_claimed, until_cleared
from tests.mirror.pair_beds import hears, on, pair_bed, point

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
_KILLED = """
import sys, time; from pathlib import Path
from fixtures.pair_bed.bed import PairBed
bed = PairBed(Path(sys.argv[1])); bed.make(); bed.disks["server1"]["data"].hang()
print(*(n.pid for n in bed.nodes.values()), *bed.claim.made["devices"],
      flush=True)
time.sleep(600)
"""


_LISTENS = """
import socket; listens = socket.create_server(("", 7)); print("up", flush=True)
kept = listens.accept(); kept[0].recv(1)
"""


@pytest.fixture(scope="module")
def made() -> Iterator[PairBed]:
    with pair_bed() as bed:
        yield bed


@pytest.fixture
def bed(made: PairBed) -> Iterator[PairBed]:
    """Joined and thawed afterwards."""
    yield made
    for name in NODES:
        made.thaw(name)
        for network in NETWORKS:
            made.join(network, name)


def states(bed: PairBed, name: str) -> set[str]:
    found = [proc.read_stat(pid) for pid in bed.nodes[name].processes()]
    return {stat[0] for stat in found if stat is not None}


def addresses(bed: PairBed, name: str) -> list[str]:
    """Return its addresses, those of the hardware as well."""
    words = on(bed, name, "ip", "-o", "addr").split()
    words += on(bed, name, "ip", "-o", "link").split()
    named = itertools.pairwise(words)
    return sorted(word for before, word in named if before in ("inet", "link/ether"))


# --- nodes -----------------------------------------------------------------------------


def test_each_node_has_its_own_of_everything(bed: PairBed) -> None:
    looks = (
        ["hostname"],
        ["ip", "-o", "-4", "addr"],
        ["readlink", "/proc/self/ns/pid"],
    )
    for look in looks:
        assert len({on(bed, name, *look) for name in NODES}) == 3, look
    on(bed, A, "touch", f"{point(bed, A)}/here", "/run/here", "/dev/shm/here")
    mounts = on(bed, B, "cat", "/proc/mounts")
    assert point(bed, A) not in mounts
    assert "here" not in on(bed, B, "ls", "/run", "/dev/shm", point(bed, A))


def test_the_host_has_no_address_or_interface_of_it(bed: PairBed) -> None:
    there = {name for _, name in socket.if_nameindex()}
    within = set(on(bed, OUT, "ls", "/sys/class/net").split())
    assert not there & {*NETWORKS, "job1", "adm1"}, within
    assert "10.232." not in run("ip", "-o", "-4", "addr")
    assert "10.232." in on(bed, OUT, "ip", "-o", "-4", "addr")


def test_commands_run_as_the_os_user_who_owns_the_disks(bed: PairBed) -> None:
    for name in NODES:
        line = 'id -u; touch "$0"; stat -c %u "$0"'
        told = run(*bed.argv(name, ["sh", "-c", line, f"{point(bed, name)}/his"]))
        assert told.split() == [str(bed.user.uid)] * 2


def test_pid_1_reaps(bed: PairBed) -> None:
    on(bed, A, "sh", "-c", "(sh -c 'echo $$; exec sleep 0.01' &) >/run/orphan")
    root = Path(f"/proc/{bed.nodes[A].pid}/root")
    wait_until((root / "run/orphan").read_text, "it has said who it is")
    path = root / "proc" / (root / "run/orphan").read_text().strip()
    wait_until(lambda: not path.exists(), "it is reaped")


def test_a_boot_is_another_boot_with_the_same_addresses(bed: PairBed) -> None:
    look = ["cat", "/proc/sys/kernel/random/boot_id"]
    before = on(bed, A, *look), addresses(bed, A)
    ticking = subprocess.Popen(bed.argv(A, ["sleep", "600"]), cwd="/")

    assert bed.panic(A)
    ticking.wait(60)
    bed.boot(A)

    assert on(bed, A, *look) != before[0]
    assert addresses(bed, A) == before[1]
    assert hears(bed, ADMIN, A, B, soon=False)


def test_a_panic_closes_no_connection(bed: PairBed) -> None:
    """As without power: the other end is told nothing."""
    line = bed.nodes[A].argv([sys.executable, "-IS", "-c", _LISTENS])
    with subprocess.Popen(line, stdout=subprocess.PIPE) as listens:
        assert listens.stdout is not None and listens.stdout.readline()
        at = address(LOG, bed.number(B))
        with made_in(bed.nodes[B].pid, at, 0, socket.SOCK_STREAM) as connected:
            connected.connect((address(LOG, bed.number(A)), 7))
            assert bed.panic(A)
            connected.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connected.recv(1)
    bed.boot(A)


def test_a_frozen_node_stands_still_and_its_packets_are_lost(bed: PairBed) -> None:
    knows(bed, LOG)
    ticking = subprocess.Popen(bed.argv(A, ["sh", "-c", "while :; do :; done"]))
    wait_until(lambda: "R" in states(bed, A), "it ticks")

    bed.freeze(A)

    wait_until(lambda: states(bed, A) == {"T"}, "all of it stands still")
    assert not hears(bed, LOG, B, A, soon=True)
    assert not hears(bed, LOG, A, B, soon=True)
    bed.thaw(A)
    wait_until(lambda: "R" in states(bed, A), "it ticks again")
    assert hears(bed, LOG, B, A, soon=False)
    bed.panic(A)
    ticking.wait(60)
    bed.boot(A)


# --- networks --------------------------------------------------------------------------


def knows(bed: PairBed, network: str) -> None:
    """Have each end know where the other is: else it would ask, and hear no answer."""
    assert hears(bed, network, A, B, soon=False)
    assert hears(bed, network, B, A, soon=False)


@pytest.mark.parametrize("network", NETWORKS)
def test_each_network_is_cut_alone(bed: PairBed, network: str) -> None:
    knows(bed, network)
    bed.cut(network, A)

    assert not hears(bed, network, A, B, soon=True)
    assert not hears(bed, network, B, A, soon=True)
    assert hears(bed, network, B, ARBITER, soon=False)
    for other in set(NETWORKS) - {network}:
        assert hears(bed, other, A, B, soon=False), other
        assert hears(bed, other, B, A, soon=False), other
    bed.join(network, A)
    assert hears(bed, network, A, B, soon=False)
    assert hears(bed, network, B, A, soon=False)


@pytest.mark.parametrize("way", BOTH)
def test_a_cut_in_one_direction_is_none_in_the_other(bed: PairBed, way: str) -> None:
    knows(bed, ADMIN)
    bed.cut(ADMIN, A, [way])

    assert hears(bed, ADMIN, A, B, soon=way == LEAVES) == (way == ARRIVES)
    assert hears(bed, ADMIN, B, A, soon=way == ARRIVES) == (way == LEAVES)


def test_what_is_cut_stays_cut_when_the_node_is_booted_or_thawed(bed: PairBed) -> None:
    bed.cut(ARBITRATION, A)
    bed.freeze(A)
    bed.thaw(A)
    assert not hears(bed, ARBITRATION, A, B, soon=True)
    bed.panic(A)
    bed.boot(A)
    assert not hears(bed, ARBITRATION, A, B, soon=True)
    assert hears(bed, JOB, A, B, soon=False)


# --- what is left ----------------------------------------------------------------------


def test_nothing_is_left_of_a_bed() -> None:
    with pair_bed() as bed:
        slot, root = bed.claim.slot, str(bed.root)
        pids = [pid for node in bed.nodes.values() for pid in node.processes()]
        bed.disks[A]["mc"].hang()
        bed.freeze(B)
        assert is_claimed(slot, root)
    assert all(gone(pid) for pid in pids)
    assert disk.attached(root) == {}
    assert not is_claimed(slot, root)


def test_what_a_killed_run_left_is_cleared_by_the_next(open_tmp: Path) -> None:
    home = open_tmp / "bed"
    home.mkdir()
    path = os.environ | {"PYTHONPATH": ":".join(sys.path)}
    child = subprocess.Popen(
        [sys.executable, "-c", _KILLED, home], stdout=subprocess.PIPE, env=path
    )
    assert child.stdout is not None
    made = child.stdout.readline().decode().split()
    pids, devices = [int(w) for w in made if w.isdecimal()], made[4:]
    writer = subprocess.Popen(
        ["nsenter", "-t", str(pids[0]), "-m", "touch", f"{home}/server1/data/x"]
    )
    wait_until(lambda: (proc.read_stat(writer.pid) or "-")[0] == "D", "it hangs")
    child.stdout.close()
    child.send_signal(signal.SIGKILL)
    child.wait()

    until_cleared(home)

    writer.wait(60)
    wait_until(lambda: all(gone(pid) for pid in pids), "the nodes are gone")
    assert len(devices) == 5
    assert not any(str(home) in disk.backing_file(device) for device in devices)
