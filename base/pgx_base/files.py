"""Opening what lies in a directory of the OS user: never through a link, never waiting.

pgx_check imports this.
"""

import os
import stat


def open_workdir(path: str) -> int:
    """Return a descriptor of the work directory itself, never of a link.  Raises OSError."""
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


_EINVAL = 22  # errno would be one module more for pgx_check


def open_regular(dir_fd: int, name: str, flags: int = os.O_RDONLY) -> int:
    """Open *name*, which must be a regular file: no link is followed, no FIFO waited for.

    Raises OSError, with words of ours for what is no regular file.
    """
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(name, flags, 0o600, dir_fd=dir_fd)
    except FileNotFoundError:
        raise
    except OSError as ex:
        raise _in_words(ex, dir_fd, name) from ex
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        problem = OSError(_EINVAL, "it is not a regular file", name)
        raise _in_words(problem, dir_fd, name)
    return fd


def _in_words(problem: OSError, dir_fd: int, name: str) -> OSError:
    from pgx_base import odd_file

    what = odd_file.what(name, dir_fd)
    return OSError(problem.errno, what, name) if what else problem
