"""fstab and fstab.pcl: what is mounted where, and by whom."""

from __future__ import annotations

import pytest

from pgx_base import mounts
from pgx_pclrsc import fstab
from pgx_pclrsc.fstab import Entry

TEXT = r"""
# /etc/fstab
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
/dev/sfdsk/class0001/dsk/volume0001 /mnt/data ext4 noauto,user 0 0
UUID=3	/mnt/data/local	ext4	defaults
UUID=4 /mnt/with\040blank\134 ext4 rw,noauto 0 0
#RMS#/dev/sdb2 /fs2 ext2 defaults 1 2
#RMS:APP1# /dev/sdb3 /fs3 ext2 noauto
/dev/sdc /fs4
"""
ENTRIES = fstab.parse(TEXT)


def at(mount_point: str) -> Entry:
    """Return the entry of *mount_point*."""
    return next(entry for entry in ENTRIES if entry.mount_point == mount_point)


def test_every_file_system_is_found_and_nothing_else() -> None:
    assert [entry.mount_point for entry in ENTRIES] == [
        "/",
        "/mnt/data",
        "/mnt/data/local",
        "/mnt/with blank\\",
        "/fs2",
        "/fs3",
        "/fs4",
    ]


def test_an_entry_says_what_is_mounted_and_how() -> None:
    found = at("/mnt/data")

    assert (found.fs_type, found.options, found.rms) == (
        "ext4",
        ("noauto", "user"),
        False,
    )
    assert found.source == "/dev/sfdsk/class0001/dsk/volume0001"


@pytest.mark.parametrize(
    ("mount_point", "switched"),
    [
        ("/", False),
        ("/mnt/data", True),
        ("/fs2", True),
        ("/fs3", True),
        ("/fs4", False),
    ],
)
def test_what_rms_or_a_person_mounts_is_switched(
    mount_point: str, switched: bool
) -> None:
    assert at(mount_point).switched is switched


@pytest.mark.parametrize(
    ("path", "want"),
    [
        ("/mnt/data", "/mnt/data"),
        ("/mnt/data/x/y", "/mnt/data"),
        ("/mnt/data/local/x", "/mnt/data/local"),
        ("/mnt/database", "/"),
        ("/fs2//x", "/fs2"),
    ],
)
def test_the_deepest_mount_point_above_a_path_covers_it(path: str, want: str) -> None:
    found = fstab.covering(ENTRIES, path)

    assert found is not None
    assert found.mount_point == want


def test_nothing_covers_a_path_where_fstab_is_empty() -> None:
    assert fstab.covering([], "/x") is None


def test_a_local_mount_below_a_switched_one_is_switched_with_it() -> None:
    found = fstab.switched(ENTRIES, "/mnt/data/local/work")

    assert found is not None
    assert found.mount_point == "/mnt/data"
    assert fstab.switched(ENTRIES, "/var/opt") is None


def test_mount_points_are_read_as_the_kernel_writes_them() -> None:
    line = r"36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 - ext3 /dev/root rw"

    assert [one.point for one in mounts.parse(line + "\ngarbage\n")] == ["/mnt 2"]


def test_the_root_is_mounted() -> None:
    assert fstab.mounted("/")
    assert fstab.mounted("/proc/")
    assert not fstab.mounted("/proc/self/nothing")
