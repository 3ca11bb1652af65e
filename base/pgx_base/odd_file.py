"""What stands where a regular file should, in words: the kernel's name a mechanism.

"Too many levels of symbolic links" is said of one link that is not followed.
Loaded only where there is such a thing.
"""

from __future__ import annotations

import os
import stat

_WORDS = {
    stat.S_IFLNK: "it is a symbolic link",
    stat.S_IFDIR: "it is a directory",
    stat.S_IFIFO: "it is a FIFO",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFBLK: "it is a device",
    stat.S_IFCHR: "it is a device",
}


def what(name: str, dir_fd: int | None = None) -> str:
    """Return what *name* is instead of a regular file, "" for one and for what is not there."""
    try:
        mode = os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode
    except OSError:
        return ""
    return _WORDS.get(stat.S_IFMT(mode), "")
