"""Backups and archived files that go: what is removed is first no backup any more.

A backup is renamed, durably, before a file of it is touched: at no time is half of one
called as a backup is.  What a run of this server has left, made by half or removed by
half, is removed by its next run; another server's is left to that, which may be at it.
"""

from __future__ import annotations

import os
import shutil

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import locking, places
from pgx_mirror.backup.destination import sync


def leftovers(destination: str, server: str) -> list[str]:
    """Remove what runs of *server* have left, and return their names.  Raises Failure."""
    directory = places.backups(destination)
    try:
        found = [
            entry
            for entry in sorted(os.listdir(directory))
            if places.server_of(places.meant(entry)) == server
        ]
        for entry in found:
            _discard(f"{directory}/{entry}")
    except OSError as ex:
        raise _kept(directory, ex) from ex
    return found


def backup(destination: str, name: str) -> None:
    """Remove backup *name*, so that it is whole or none.  Raises Failure."""
    directory = places.backups(destination)
    going = f"{directory}/{places.removed(name)}"
    try:
        os.rename(f"{directory}/{name}", going)
        sync(directory)
        shutil.rmtree(going)
    except OSError as ex:
        raise _kept(f"{directory}/{name}", ex) from ex


def archived(directory: str, names: list[str]) -> None:
    """Remove the archived files *names* in *directory*.  Raises Failure."""
    try:
        for name in names:
            os.unlink(f"{directory}/{name}")
        if names:
            sync(directory)
    except OSError as ex:
        raise _kept(directory, ex) from ex


def unfinished(destination: str, name: str) -> None:
    """Remove backup *name*, which is not finished.  Raises Failure."""
    path = f"{places.backups(destination)}/{places.unfinished(name)}"
    try:
        _discard(path)
    except OSError as ex:
        raise _kept(path, ex) from ex


def _discard(path: str) -> None:
    """Remove what is called *path*, once nobody works there; no link is followed."""
    try:
        locking.end_work(path)
        shutil.rmtree(path)
    except NotADirectoryError:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _kept(path: str, ex: OSError) -> Failure:
    where = os.fsdecode(ex.filename) if ex.filename else path
    return Failure(f"could not remove {quoted(where)}: {ex.strerror}")
