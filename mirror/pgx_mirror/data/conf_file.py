"""postgresql.conf on disk: what it says of synchronous_standby_names, and its editor.

The file is the one in the data directory.  Where that is a link, the file that it leads to
is replaced and the link stays.  At a start it must belong to the user who runs us; what
root puts there later is replaced all the same, or commits would wait for a dead standby.

Killed at any instant, the old or the new file is there, whole; `write` makes it the one that
is wanted, and durable, whatever was there before: it is written even where nothing changes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.data import conf_text, durable, reserve
from pgx_mirror.data.conf_text import PARAMETER, Names
from pgx_postgres import included
from pgx_postgres.included import CONF, Setting

_MOST_LINKS = 8


def read(dir_fd: int) -> Names:
    """Return what postgresql.conf in *dir_fd* says.  Raises OSError."""
    with _place(dir_fd, CONF) as (where_fd, name):
        return conf_text.read(durable.read(where_fd, name))


def write(dir_fd: int, state: str, name: str = "") -> Names:
    """Make postgresql.conf say *state*, for *name* where one is given, and return that.

    Durable when it returns, and not yet read by a server that runs.  Raises
    conf_text.NoName where that cannot be, OSError where the file is the old one still, and
    steps.Unsure where it may be either.
    """
    with _place(dir_fd, CONF) as (where_fd, base):
        durable.write(
            where_fd, base, lambda _: _edited(where_fd, base, state, name), under=dir_fd
        )
        return conf_text.read(durable.read(where_fd, base))


def elsewhere(dir_fd: int) -> list[Setting]:
    """Return who else sets synchronous_standby_names: file and line.  Raises OSError.

    None may: what is included counts where it comes later, postgresql.auto.conf always.
    """
    found = included.of(included.settings(dir_fd), PARAMETER)
    return [setting for setting in found if setting.file != CONF]


def wrong(dir_fd: int) -> list[Setting]:
    """Return the lines that make PostgreSQL read none of its files.  Raises OSError.

    Parameters and values that it does not know are not told here.
    """
    return [setting for setting in included.settings(dir_fd) if setting.wrong]


def take_reserve(dir_fd: int) -> None:
    """Have the reserve in *dir_fd*, and where postgresql.conf is a link to.

    Raises OSError, with ENOSPC where there is no room for it.
    """
    reserve.take(dir_fd)
    with _place(dir_fd, CONF) as (where_fd, _):
        if not os.path.sameopenfile(dir_fd, where_fd):
            reserve.take(where_fd, under=dir_fd)


def _edited(dir_fd: int, base: str, state: str, name: str) -> bytes:
    """Return what the file is to hold: read late, for a person may be about to save it."""
    return conf_text.edit(durable.read(dir_fd, base), state, name)


@contextmanager
def _place(dir_fd: int, name: str) -> Iterator[tuple[int, str]]:
    """Yield descriptor and name of where the file *name* really is.  Raises OSError."""
    where_fd, path = os.dup(dir_fd), name
    try:
        for _ in range(_MOST_LINKS):
            try:
                target = os.readlink(path, dir_fd=where_fd)
            except OSError:  # no link, or nothing: whoever opens it will say
                break
            below_fd = _open_parent(where_fd, target)
            os.close(where_fd)
            where_fd, path = below_fd, os.path.basename(target)
        yield where_fd, path
    finally:
        os.close(where_fd)


def _open_parent(dir_fd: int, path: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    return os.open(os.path.dirname(path) or ".", flags, dir_fd=dir_fd)


def check_owner(dir_fd: int) -> None:
    """Refuse a file that is another user's.  Raises Failure, OSError."""
    with _place(dir_fd, CONF) as (where_fd, name):
        owner = os.stat(name, dir_fd=where_fd, follow_symlinks=False).st_uid
    if owner != os.geteuid():
        raise Failure(
            f"configuration file {quoted(name)} belongs to another user",
            detail="synchronous_standby_names is commented out and in there; the file's "
            f"owner has uid {owner}, and this process {os.geteuid()}.",
            hint="Give the file, and the directory that it is in, to the OS user.",
        )
