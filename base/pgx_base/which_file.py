"""Which file it is: a copy is another one, and so is what was put back from an archive.

`rm -r` and `tar x` give a file, and its directory, the same inode numbers as often as not.
So the number that the file system gives to each use of an inode counts too.
"""

from __future__ import annotations

import fcntl
import os

_GETVERSION = (
    0x80087601  # FS_IOC_GETVERSION: ext4, xfs, btrfs; not tmpfs, overlayfs, NFS
)
_INODE_BITS = 64


def which(fd: int) -> int:
    """Return one number for this very file or directory, in this use of its inode.

    A file system that has no number for the use gives that of the inode alone.
    """
    use = bytearray(8)
    try:
        fcntl.ioctl(fd, _GETVERSION, use)
    except OSError:
        pass  # ENOTTY
    return os.fstat(fd).st_ino | int.from_bytes(use[:4], "little") << _INODE_BITS
