"""The postgresql.conf of this server: kept while its data directory is made anew.

The copy brings the primary's, with its port and its directories; the manual has it edited
by hand (6.4.2, step 4).  What the server had before is put back instead, from the
management directory, where it can also be laid before a first setup.  pg_hba.conf and
pg_ident.conf are meant to be the same on both servers, and stay the primary's.
"""

from __future__ import annotations

import os
import shutil

from pgx_base.failure import Failure
from pgx_base.text import quoted

CONF = "postgresql.conf"


def name_of(server: str) -> str:
    """Return the name of *server*'s file in the management directory."""
    return f"{server}.{CONF}"


def save(mcdir: str, server: str, data: str) -> None:
    """Keep what is in *data*, durably; what is kept already stays where there is none.

    Raises Failure.
    """
    if os.path.lexists(f"{data}/{CONF}"):
        _copy(f"{data}/{CONF}", mcdir, name_of(server))


def restore(mcdir: str, server: str, data: str) -> bool:
    """Put what is kept into *data*; whether anything is.  Raises Failure."""
    path = f"{mcdir}/{name_of(server)}"
    if not os.path.lexists(path):
        return False
    _copy(path, data, CONF)
    return True


def _copy(path: str, directory: str, name: str) -> None:
    """Copy a file, or the link that it is, with its mode; durable, and old or new."""
    beside = f"{directory}/.{name}.new"
    try:
        _forget(beside)
        shutil.copy2(path, beside, follow_symlinks=False)
        if not os.path.islink(beside):
            _sync(beside, os.O_RDONLY)
        os.rename(beside, f"{directory}/{name}")
        _sync(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as ex:
        raise Failure(
            f"could not copy {quoted(path)} to {quoted(f'{directory}/{name}')}:"
            f" {ex.strerror}"
        ) from ex


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _sync(path: str, flags: int) -> None:
    fd = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
