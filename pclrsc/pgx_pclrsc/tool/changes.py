"""Changing the registry: one writer at a time, and every change is one rename.

An entry is written whole under a name that begins with a dot, synced, and renamed; it is
renamed back to such a name before it is taken apart.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core import codec, names
from pgx_pclrsc.core.definition import ResourceDefinition

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW, _GONE = ".new.", ".gone."
_LIST_BESIDE = names.IMPORT + ".new"
_PATIENCE, _PAUSE = 30.0, 0.05  # seconds


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as ex:
        raise Failure(f"could not {what}: {ex.strerror}") from ex


def make_root(root: str) -> None:
    """Make the registry's directory, and its parents, where missing: mode 0755.

    Raises Failure.
    """
    with _failing(f"create registry {quoted(root)}"), _open_umask():
        _make_directories(root)


def _make_directories(path: str) -> None:
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    _make_directories(parent)
    try:
        os.mkdir(path, 0o755)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    _sync(parent)


@contextmanager
def _open_umask() -> Iterator[None]:
    """Let modes be what they are asked to be, from the first instant on."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _sync(directory: str) -> None:
    fd = os.open(directory, _DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def locked(root: str) -> Iterator[int]:
    """Hold the registry's lock, and yield a descriptor of its directory.

    What killed runs left is cleared away first.  Raises Failure, also when another run
    holds the lock for 30 s.
    """
    with _failing(f"open registry {quoted(root)}"):
        root_fd = os.open(root, _DIRECTORY)
    lock_fd = -1
    try:
        with _failing(f"open registry {quoted(root)}"):
            lock_fd = os.open(names.LOCK, _LOCK, 0o600, dir_fd=root_fd)
        _take_lock(root, lock_fd)
        with _failing(f"finish what was begun in registry {quoted(root)}"):
            _clear(root_fd)
        yield root_fd
    finally:
        for fd in {lock_fd, root_fd} - {-1}:
            os.close(fd)


def _take_lock(root: str, lock_fd: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Failure(
                    f"could not lock registry {quoted(root)}",
                    detail="Another pgx_pclrsc has been changing it for 30 s.",
                ) from None
        except OSError as ex:
            raise Failure(
                f"could not lock registry {quoted(root)}: {ex.strerror}"
            ) from ex
        time.sleep(_PAUSE)


def settle(root: str) -> None:
    """Finish what a killed run has decided, where we may.  Raises Failure."""
    path = f"{root}/{names.IMPORT}"
    if os.path.lexists(path) and os.access(root, os.W_OK | os.X_OK):
        with locked(root):
            pass


def _clear(root_fd: int) -> None:
    _finish(root_fd)
    _unlink(root_fd, _LIST_BESIDE)
    for name in os.listdir(root_fd):
        if name.startswith((_NEW, _GONE)):
            _take_apart(root_fd, name)


def _take_apart(root_fd: int, name: str) -> None:
    """Remove directory *name*; what cannot be removed is left to the next run."""
    try:
        fd = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=root_fd)
        try:
            for inner in os.listdir(fd):
                os.unlink(inner, dir_fd=fd)
        finally:
            os.close(fd)
        os.rmdir(name, dir_fd=root_fd)
    except OSError:
        pass  # it is no resource, whatever is left of it


def stage(root_fd: int, definition: ResourceDefinition) -> None:
    """Write the entry of *definition*, whole and synced, beside those that count.

    Raises Failure, having left nothing.
    """
    beside = _NEW + definition.name
    try:
        with _failing("write definition"), _open_umask():
            os.mkdir(beside, 0o755, dir_fd=root_fd)
            fd = os.open(beside, _DIRECTORY | os.O_NOFOLLOW, dir_fd=root_fd)
            try:
                os.symlink(definition.work_directory, names.WORK_LINK, dir_fd=fd)
                _write(fd, names.DEFINITION, codec.encode(definition).encode())
                os.fsync(fd)
            finally:
                os.close(fd)
    except Failure:
        discard(root_fd, definition.name)
        raise


def _write(dir_fd: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    fd = os.open(name, flags, 0o644, dir_fd=dir_fd)
    try:
        while data:
            data = data[os.write(fd, data) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def discard(root_fd: int, name: str) -> None:
    """Take back what `stage` has written for *name*."""
    _take_apart(root_fd, _NEW + name)


def commit(root_fd: int, wanted: Sequence[str]) -> None:
    """Let what `stage` has written be the resources *wanted*: all of them or none.

    Of several the list is written down first; from then on they are to be, and whoever has
    the lock next finishes what a killed run has not.  Raises Failure, with none there.
    """
    with _failing("write definition"):
        if len(wanted) == 1:
            return _commit_one(root_fd, wanted[0])
        _decide(root_fd, wanted)
        try:
            _finish(root_fd)
        except OSError:
            _take_back(root_fd, wanted)
            raise
    return None


def _commit_one(root_fd: int, name: str) -> None:
    os.rename(_NEW + name, name, src_dir_fd=root_fd, dst_dir_fd=root_fd)
    try:
        os.fsync(root_fd)
    except OSError:
        os.rename(name, _NEW + name, src_dir_fd=root_fd, dst_dir_fd=root_fd)
        raise


def _decide(root_fd: int, wanted: Sequence[str]) -> None:
    beside = _LIST_BESIDE
    try:
        with _open_umask():
            _write(root_fd, beside, "".join(f"{one}\n" for one in wanted).encode())
        os.rename(beside, names.IMPORT, src_dir_fd=root_fd, dst_dir_fd=root_fd)
        os.fsync(root_fd)
    except OSError:
        _unlink(root_fd, beside)
        _unlink(root_fd, names.IMPORT)
        raise


def _finish(root_fd: int) -> None:
    """Rename what a list that is there has decided.  Raises OSError."""
    decided = _decided(root_fd)
    if decided is None:
        return
    for name in decided:
        try:
            os.rename(_NEW + name, name, src_dir_fd=root_fd, dst_dir_fd=root_fd)
        except FileNotFoundError:
            pass  # it was, before we were killed
    os.fsync(root_fd)
    # Not passed over: with the list still there the next entry would come to be half written.
    os.unlink(names.IMPORT, dir_fd=root_fd)


def _decided(root_fd: int) -> list[str] | None:
    try:
        fd = os.open(names.IMPORT, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=root_fd)
    except FileNotFoundError:
        return None
    with open(fd, encoding="ascii", errors="replace") as file:
        return [name for name in file.read().split() if names.is_name(name)]


def _take_back(root_fd: int, wanted: Sequence[str]) -> None:
    _unlink(root_fd, names.IMPORT)
    for name in wanted:
        try:
            os.rename(name, _NEW + name, src_dir_fd=root_fd, dst_dir_fd=root_fd)
        except OSError:
            pass  # it had not come to be


def _unlink(dir_fd: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=dir_fd)
    except OSError:
        pass  # it is not there, or the next that is written says why


def replace(root_fd: int, definition: ResourceDefinition) -> None:
    """Let *definition* be that of its resource, by one rename.

    Raises Failure; then the earlier one is there, but where the disk fails at the very end.
    """
    beside = "." + names.DEFINITION
    with _failing("write definition"), _open_umask():
        fd = os.open(definition.name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=root_fd)
        try:
            _unlink(fd, beside)  # of a run that was killed
            _write(fd, beside, codec.encode(definition).encode())
            os.rename(beside, names.DEFINITION, src_dir_fd=fd, dst_dir_fd=fd)
            os.fsync(fd)
        except OSError:
            _unlink(fd, beside)
            raise
        finally:
            os.close(fd)


def remove(root_fd: int, name: str) -> None:
    """Remove resource *name*.  Raises Failure when it is still there."""
    with _failing(f"remove resource {quoted(name)}"):
        os.rename(name, _GONE + name, src_dir_fd=root_fd, dst_dir_fd=root_fd)
        os.fsync(root_fd)
    _take_apart(root_fd, _GONE + name)
