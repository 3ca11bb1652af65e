"""The bed: nodes that share nothing but a disk and a bridge, and nothing left of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.bed import disk, leftovers
from fixtures.bed.bed import Bed, why_not
from fixtures.bed.node import Node
from fixtures.bed.run import run
from fixtures.processes import children, gone, wait_until
from pgx_base import proc
from tests.bed_left import bridge, until_cleared
from tests.fake_rms.two_nodes import two_nodes

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bed() -> Iterator[Bed]:
    """Two nodes with one disk."""
    with two_nodes() as (made, _):
        yield made


def on(bed: Bed, number: int, *command: str) -> str:
    """Run *command* on a node."""
    return run(*bed.argv(f"node{number}RMS", list(command))).strip()


def mount(bed: Bed, number: int) -> str:
    """Mount the disk on a node, and return where; by itself it syncs nothing for long."""
    point, device = next(iter(bed.devices.items()))
    on(bed, number, "mount", "-t", "ext4", "-o", "commit=300", device, point)
    return point


def test_each_node_has_its_own_of_everything(bed: Bed) -> None:
    for command in (
        ["readlink", "/proc/self/ns/pid"],
        ["readlink", "/proc/self/ns/ipc"],
        ["readlink", "/proc/self/ns/mnt"],
        ["readlink", "/proc/self/ns/net"],
        ["uname", "-n"],
        ["cat", "/proc/sys/kernel/random/boot_id"],
    ):
        assert on(bed, 1, *command) != on(bed, 2, *command), command
    on(bed, 1, "touch", "/run/here", "/dev/shm/here")
    assert "here" not in on(bed, 2, "ls", "/run", "/dev/shm")
    assert on(bed, 1, "cat", "/proc/1/comm") != Path("/proc/1/comm").read_text()


def test_the_boot_id_changes_at_each_boot(bed: Bed) -> None:
    before = on(bed, 1, "cat", "/proc/sys/kernel/random/boot_id")
    bed.panic("node1RMS")
    bed.boot("node1RMS")
    assert on(bed, 1, "cat", "/proc/sys/kernel/random/boot_id") != before
    assert on(bed, 1, "ls", "/run/postgresql") == ""


def test_a_mount_is_the_nodes_own(bed: Bed) -> None:
    point = mount(bed, 1)
    on(bed, 1, "touch", f"{point}/file")
    assert "file" not in on(bed, 2, "ls", point)
    assert not os.path.exists(f"{point}/file")


def test_a_panic_loses_what_was_not_synced(bed: Bed) -> None:
    point = mount(bed, 1)
    # Not every disk, other tests' too: theirs would have what is to be lost.
    sync = f"sync -f {point}"
    on(bed, 1, "sh", "-c", f"echo kept >{point}/kept; {sync}; echo lost >{point}/lost")

    assert bed.panic("node1RMS")

    point = mount(bed, 2)
    assert on(bed, 2, "cat", f"{point}/kept") == "kept"
    assert "lost" not in on(bed, 2, "ls", point).split()


def test_a_failing_disk_answers_with_eio_and_is_clean_afterwards(bed: Bed) -> None:
    point = mount(bed, 1)
    on(bed, 1, "sh", "-c", f"echo x >{point}/file; sync -f {point}")

    bed.fail_disk("node1RMS")

    said = subprocess.run(
        bed.argv("node1RMS", ["cat", f"{point}/file"]), capture_output=True
    )
    assert said.returncode == 1
    assert b"Input/output error" in said.stderr
    on(bed, 1, "umount", point)
    assert on(bed, 2, "cat", f"{mount(bed, 2)}/file") == "x"


def test_what_lies_under_a_mount_point_is_never_shut_down(bed: Bed) -> None:
    """The disk may have been unmounted since it was seen there: the host's own is beneath.

    Here it is a tmpfs, which knows no such request, should it be made all the same.
    """
    node, (point, device) = bed.nodes["node1RMS"], next(iter(bed.devices.items()))
    on(bed, 1, "mount", "-t", "tmpfs", "tmpfs", point)
    assert not disk.shut_down(node.pid, point, device)
    tool = str(CHECKOUT / "fixtures/bed/bin/shut_down_fs")
    command = ["env", f"BED_PYTHON={sys.executable}", tool, point]
    said = subprocess.run(bed.argv("node1RMS", command), capture_output=True, text=True)
    assert (said.returncode, "no disk of the bed" in said.stderr) == (1, True)


def test_a_node_has_let_go_of_what_others_have_mounted(
    bed: Bed, tmp_path: Path
) -> None:
    """A disk that is filled beside it would else be shut down still after its panic."""
    device = next(iter(bed.devices.values()))
    run("mount", device, str(tmp_path))
    try:
        bed.panic("node2RMS")
        bed.boot("node2RMS")
    finally:
        run("umount", str(tmp_path))
    assert device not in on(bed, 2, "cat", "/proc/mounts")


def test_an_address_is_reached_where_it_is(bed: Bed) -> None:
    """Each node answers at its own address until its cable is pulled."""
    wait_until(lambda: reached(bed, 1) and reached(bed, 2), "both are found")
    bed.cut("node2RMS")
    assert not reached(bed, 2)
    wait_until(lambda: reached(bed, 1), "the other is found")
    bed.join("node2RMS")
    wait_until(lambda: reached(bed, 2), "the cable is back")


def reached(bed: Bed, number: int) -> bool:
    """Whether the host gets an answer from a node."""
    return answers(bed.network.address(number))


def answers(address: str) -> bool:
    """Whether the host gets an answer (a refusal is one) from *address*."""
    probe = (
        "import socket, sys\ns = socket.socket()\ns.settimeout(1)\n"
        "sys.exit(s.connect_ex((sys.argv[1], 9)) != 111)\n"
    )
    return subprocess.run([sys.executable, "-c", probe, address]).returncode == 0


def test_an_address_that_moved_while_the_cable_was_out_is_found_again(bed: Bed) -> None:
    """The host knows it by its old place, and is told of the new one."""
    name, *_ = bed.commands("gls", "takeoverip", {})
    address = name.split()[-1]
    plain = address.split("/")[0]
    on(bed, 1, "ip", "addr", "add", address, "dev", "eth0")
    wait_until(lambda: answers(plain), "it is found")
    bed.cut("node2RMS")
    on(bed, 1, "ip", "addr", "del", address, "dev", "eth0")
    on(bed, 2, "ip", "addr", "add", address, "dev", "eth0")
    bed.join("node2RMS")
    wait_until(lambda: answers(plain), "it is found")


def test_what_a_killed_run_left_is_cleared_by_the_next() -> None:
    with tempfile.TemporaryDirectory(prefix="pgx-bed-") as home:
        text = (
            "import os, subprocess, sys, tempfile, time; from pathlib import Path\n"
            "from fixtures.bed import leftovers; from fixtures.bed.bed import Bed\n"
            "bed = Bed(Path(sys.argv[1]), ['node1RMS', 'node2RMS'])\n"
            "bed.add_disk(sys.argv[1] + '/mnt/data'); bed.make()\n"
            "filling = sys.argv[1] + '/filling'; os.mkdir(filling)\n"
            "subprocess.run(['mount', *bed.devices.values(), filling], check=True)\n"
            "made = tempfile.mkdtemp(prefix=leftovers.template_prefix())\n"
            "print(bed.claim.slot, *(n.pid for n in bed.nodes.values()),"
            " *bed.devices.values(), made, flush=True)\ntime.sleep(600)\n"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", text, home],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        )
        assert child.stdout is not None
        slot, *pids, device, template = child.stdout.readline().split()
        child.stdout.close()
        made = bridge(slot)
        assert made
        child.send_signal(signal.SIGKILL)
        child.wait()

        until_cleared(home)

        wait_until(lambda: all(gone(int(pid)) for pid in pids), "the nodes are gone")
        assert home not in disk.backing_file(device)
        assert home not in Path("/proc/mounts").read_text()
        wait_until(lambda: not Path(template).exists(), "its template is gone")
        assert bridge(slot) != made
        Path(home).mkdir(exist_ok=True)


def test_an_interface_that_goes_before_its_address_is_told_is_one_line(
    bed: Bed,
) -> None:
    on(bed, 1, "ip", "link", "del", "eth0")
    announce = [sys.executable, "-IS", str(bed.announce), bed.network.address(100)]
    said = subprocess.run(
        bed.argv("node1RMS", announce), capture_output=True, text=True
    )
    assert said.returncode == 1
    assert said.stderr.startswith("announce: error: eth0 cannot tell")
    assert said.stderr.count("\n") == 1


def test_a_node_that_does_not_boot_is_ended_with_all_of_it(tmp_path: Path) -> None:
    """Its PID 1 is not known yet: nobody else's process may be taken for it."""
    node = Node("node1RMS", tmp_path, 0)
    node.unshare = made = subprocess.Popen(["sh", "-c", "sleep 600 & wait"])
    wait_until(lambda: children(made.pid), "its child is there")
    inside = children(made.pid)

    node.thaw()

    assert node.end()
    assert all(gone(pid) for pid in inside)


def test_what_was_made_but_not_noted_is_cleared(tmp_path: Path) -> None:
    """A run may be killed between making a thing and writing it down."""
    home = tmp_path / "home"
    home.mkdir()
    disk.make_image(home / "disk0.img", 16)
    device = disk.attach(home / "disk0.img")
    booting = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)", f"{home}/n/boot_id"]
    )
    # Popen comes back when exec begins, a moment before the arguments can be read.
    wait_until(lambda: proc.cmdline(booting.pid)[3:], "its arguments can be read")

    leftovers.clear(99, json.dumps({"home": str(home)}).encode())

    assert booting.wait(60) == -signal.SIGKILL
    assert str(home) not in disk.backing_file(device)
    assert not home.exists()


def test_an_address_that_goes_there_and_back_is_found_each_time(bed: Bed) -> None:
    """Who knew it by its old place must hear of the new one at once."""
    for number in (1, 2, 1, 2):
        taken = f"{bed.network.address(100)}/24"
        on(bed, number, "ip", "addr", "add", taken, "dev", "eth0")
        announce = [sys.executable, "-IS", str(bed.announce)]
        on(bed, number, *announce, bed.network.address(100))
        wait_until(lambda: reached(bed, 100), "it is found")
        on(bed, number, "ip", "addr", "del", taken, "dev", "eth0")
