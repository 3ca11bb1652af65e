"""A backup copied to where it is to be recovered; large files go to disk beside that."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from pgx_mirror.backup import places
from pgx_mirror.backup.label import Label
from pgx_mirror.restore import areas

_LINKS = "pg_tblspc"
_ALL = 100  # per cent
_AT_ONCE = 1 << 24
_OWN = 0o600
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_LARGE = 1 << 22  # bytes; of smaller ones each would be a commit of the file system
_SYNCS = 4


@dataclass(frozen=True, slots=True)
class Copy:
    """What is copied: the backup in directory *source*, to *target*.

    wal   where the copy's pg_wal is to be, empty for a directory of its own
    part  the directory that each tablespace has for the instance
    """

    source: str
    label: Label
    target: str
    wal: str
    part: str


def copy(what: Copy, ahead: Ahead, tell: Callable[[str], None]) -> None:
    """Copy, with large files handed to *ahead*.  Raises OSError."""
    progress = _Progress(what.label.bytes, tell)
    for source, target in _trees(what):
        _tree(source, target, ahead, progress, _elsewhere(what, target))
    _link(what)


def _trees(what: Copy) -> Iterator[tuple[str, str]]:
    yield places.base(what.source), what.target
    if what.wal:
        yield f"{places.base(what.source)}/{areas.WAL}", what.wal
    for oid, space in what.label.tablespaces.items():
        yield f"{places.space(what.source, oid)}/{what.part}", f"{space}/{what.part}"


def _elsewhere(what: Copy, target: str) -> frozenset[str]:
    """Return what of the data directory is copied to another place, or linked."""
    if target != what.target:
        return frozenset()
    found = {f"{_LINKS}/{oid}" for oid in what.label.tablespaces}
    return frozenset(found | ({areas.WAL} if what.wal else set()))


def _tree(
    source: str,
    target: str,
    ahead: Ahead,
    progress: _Progress,
    but: frozenset[str],
    below: str = "",
) -> None:
    """Copy a directory and what is below it, but for the paths *but*."""
    os.mkdir(target, 0o700)
    os.chmod(target, stat.S_IMODE(os.stat(source).st_mode) & 0o750 | 0o700)
    with os.scandir(source) as entries:
        each = sorted(entries, key=lambda entry: entry.name)
    for entry in each:
        path = f"{below}{entry.name}"
        to = f"{target}/{entry.name}"
        if path in but:
            continue
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), to)
        elif entry.is_dir():
            _tree(entry.path, to, ahead, progress, but, f"{path}/")
        else:
            size = _file(entry.path, to)
            if size >= _LARGE:
                ahead.add(to)
            progress.add(size)


def _file(source: str, target: str) -> int:
    """Copy a regular file, and return its size; the kernel copies, where it can."""
    reads = os.open(source, _READ)
    try:
        found = os.fstat(reads)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is not a regular file", source)
        mode = stat.S_IMODE(found.st_mode) & 0o640 | 0o600
        writes = os.open(target, _NEW, mode)
        try:
            if mode != _OWN:  # whatever our umask
                os.fchmod(writes, mode)
            if found.st_size:
                _content(reads, writes)
        finally:
            os.close(writes)
    finally:
        os.close(reads)
    return found.st_size


def _content(reads: int, writes: int) -> None:
    copied = 0
    try:
        while done := os.copy_file_range(reads, writes, _AT_ONCE):
            copied += done
    except OSError:
        if copied:
            raise
    while not copied and (data := os.read(reads, _AT_ONCE)):
        while data:
            data = data[os.write(writes, data) :]


def _link(what: Copy) -> None:
    """Have pg_wal and the tablespaces be found, by their own paths."""
    if what.wal:
        os.symlink(what.wal, f"{what.target}/{areas.WAL}")
    for oid, space in what.label.tablespaces.items():
        os.symlink(space, f"{what.target}/{_LINKS}/{oid}")


class _Progress:
    """Tells how many per cent are copied, as they change."""

    def __init__(self, total: int, tell: Callable[[str], None]) -> None:
        self._total, self._tell = max(total, 1), tell
        self._done, self._shown = 0, -1

    def add(self, size: int) -> None:
        self._done += size
        percent = min(_ALL, self._done * _ALL // self._total)
        if percent // 10 != self._shown // 10:
            self._shown = percent
            self._tell(f"copied {percent} %")


class Ahead:
    """Threads that sync files: such as wait beside each other share what is to be written.

    What follows the copy has the less to wait for; that all is on disk is seen to then.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_SYNCS)
        self._begun: list[Future[None]] = []

    def add(self, path: str) -> None:
        """Have the file *path* synced."""
        self._begun.append(self._pool.submit(_sync, path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait until all is synced that was added, or until what is under way has ended."""
        self._pool.shutdown(cancel_futures=kind is not None)

    def check(self) -> None:
        """Wait for all, and raise what has gone wrong."""
        for each in self._begun:
            each.result()


def _sync(path: str) -> None:
    """Have a file on disk; one that the recovery has removed meanwhile needs not be."""
    with suppress(FileNotFoundError):
        areas.sync_file(path)
