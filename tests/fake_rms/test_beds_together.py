"""Beds that do not see each other's /run, and have one network."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.bed.bed import why_not

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
_OWN_RUN = 'mount -t tmpfs tmpfs /run && exec "$@"'
_BED = """
import sys; from pathlib import Path; from fixtures.bed.bed import Bed
bed = Bed(Path(sys.argv[1]), ["node1RMS"]); bed.make()
print(bed.network.bridge, bed.network.address(1), flush=True)
sys.stdin.read(); sys.exit(bool(bed.close()))
"""
_BRIDGE = """
import subprocess; from fixtures.bed import leftovers
add = ["ip", "link", "add", "pgxbr0", "type", "bridge"]
subprocess.run(add, check=True)
claim = leftovers.claim(); print(claim.slot); claim.release()
print(sum(leftovers.Network(slot).is_there() for slot in range(leftovers.SLOTS)))
"""
_ANSWERS = """
import socket, sys
s = socket.socket(); s.settimeout(60)
sys.exit(s.connect_ex((sys.argv[1], 9)) != 111)
"""


def _start(code: str, *arguments: str, unshare: str = "") -> subprocess.Popen[str]:
    namespaces = ["unshare", "--mount", *unshare.split()]
    python = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(
        [*namespaces, "sh", "-c", _OWN_RUN, "sh", *python],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
    )


@contextmanager
def _bed() -> Iterator[tuple[str, str]]:
    """A bed of a chroot or container: a /run of its own and the host's network."""
    with (
        tempfile.TemporaryDirectory(prefix="pgx-bed-") as home,
        _start(_BED, home) as it,
    ):
        assert it.stdin is not None and it.stdout is not None
        bridge, address = it.stdout.readline().split()
        yield bridge, address
        it.stdin.close()
        assert it.wait(60) == 0


def test_each_takes_a_network_of_its_own() -> None:
    with _bed() as (one, first), _bed() as (other, second):
        assert one != other
        for address in (first, second):
            asked = [sys.executable, "-c", _ANSWERS, address]
            assert subprocess.run(asked).returncode == 0, address


def test_a_bridge_that_nobody_here_has_noted_is_left_alone() -> None:
    """What a bed of another /run has left is not ours to remove, and not in our way."""
    with _start(_BRIDGE, unshare="--net") as done:
        assert done.communicate(timeout=60)[0].split() == ["1", "1"]
