"""The file that takes the server's output: opened without ever waiting for long."""

from __future__ import annotations

import os

from pgx_base import aside, files
from pgx_base.failure import Failure
from pgx_base.text import quoted

_WITHIN = 5.0  # seconds
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_OPENS = "it opens"


def opened(path: str, seconds: float) -> int:
    """Return a descriptor of the regular file *path*, to be appended to; it is made.

    It is tried in a child first: a disk that hangs would hold us for ever.  Raises Failure.
    """
    within = min(seconds, _WITHIN)
    said = aside.ask(lambda: _tried(path), within)
    if said is None:
        raise _failed(path, f"its disk does not answer within {within:.0f} s")
    if said != _OPENS:
        raise _failed(path, said or "there is no answer")
    try:
        return _open(path)
    except OSError as ex:
        raise _failed(path, str(ex.strerror)) from ex


def _failed(path: str, why: str) -> Failure:
    return Failure(
        f"could not open the server's log {quoted(path)}: {why}",
        hint="Nothing was started. See that it is a file, and that its disk answers.",
    )


def _tried(path: str) -> str:
    try:
        os.close(_open(path))
    except OSError as ex:
        return str(ex.strerror)
    return _OPENS


def _open(path: str) -> int:
    directory, name = os.path.split(path)
    dir_fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return files.open_regular(dir_fd, name, _FLAGS)
    finally:
        os.close(dir_fd)
