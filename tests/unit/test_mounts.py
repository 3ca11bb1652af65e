"""Which mount a path leads into, told by the table: the kernel is asked as the oracle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgx_agent import mounts
from pgx_agent.mounts import Mount

ROOT = Path(__file__).resolve().parents[2]
# As root in a mount namespace of its own: mounts over mounts, beside and below each other.
_STACKED = """
set -e
mount --make-rprivate /
cd "$1"
mkdir -p a/b/c d
for point in a a/b a a/b/c; do mount -t tmpfs none $point; mkdir -p a/b/c; done
mkdir -p a/b/c
mount --bind a/b d
mount -t tmpfs none d
exec "$2" -c 'from tests.unit.test_mounts import differences; print(differences())'
"""


def differences() -> list[str]:
    """Return the mount points of this namespace that the table gets wrong."""
    table = mounts.mounted()
    found = {mount.point: _asked(mount.point) for mount in table}
    return [
        point
        for point, number in found.items()
        if number not in (None, mounts.leading_to(point, table))
    ]


def _asked(path: str) -> int | None:
    """Return the mount that the kernel finds at *path*, None where it is closed or a link."""
    try:
        fd = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        lines = Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("mnt_id"))
    finally:
        os.close(fd)


def test_the_table_says_what_the_kernel_does() -> None:
    assert differences() == []


@pytest.mark.root
def test_mounts_over_mounts_are_told_too(tmp_path: Path) -> None:
    inside = ["sh", "-c", _STACKED, "sh", str(tmp_path), sys.executable]
    said = subprocess.run(
        ["unshare", "--mount", *inside],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": ":".join([str(ROOT), *sys.path])},
        timeout=60,
    )

    assert said.stdout == "[]\n"


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/", 2),
        ("/mnt", 2),
        ("/mnt/a", 5),
        ("/mnt/a/x", 5),
        ("/mnt/ab", 2),
        ("/mnt/a/b", 6),
    ],
)
def test_the_last_of_those_on_top_of_each_other_counts(path: str, number: int) -> None:
    table = [
        Mount(1, "/", "rootfs", "none", 0),
        Mount(2, "/", "ext4", "/dev/vda", 1),
        Mount(3, "/mnt/a", "ext4", "/dev/vdb", 2),
        Mount(4, "/mnt/a/b", "ext4", "/dev/vdc", 3),  # hidden by the next
        Mount(5, "/mnt/a", "tmpfs", "none", 3),
        Mount(6, "/mnt/a/b", "tmpfs", "none", 5),
    ]

    assert mounts.leading_to(path, table) == number


def test_without_a_table_nothing_leads_anywhere() -> None:
    assert mounts.leading_to("/mnt", []) is None
