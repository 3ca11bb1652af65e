"""The archive: made under another name, and there whole or not at all."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Mapping
from contextlib import suppress

from pgx_base import whole_path
from pgx_base.failure import Failure
from pgx_base.text import quoted

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Place:
    """Where the archive *file* is to be: a directory that nobody else can change."""

    def __init__(self, file: str) -> None:
        """Raises Failure."""
        self._file = file
        path = os.path.abspath(file)
        self._name = os.path.basename(path)
        try:
            step = whole_path.open_for_new_file(path)
            self._dir_fd = os.open(".", os.O_RDONLY | os.O_CLOEXEC, dir_fd=step)
            os.close(step)
            if self._is_there():
                raise FileExistsError(0, "it is there already")
        except OSError as ex:
            raise self._could_not(ex) from ex

    def _is_there(self) -> bool:
        try:
            os.stat(self._name, dir_fd=self._dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _could_not(self, problem: OSError) -> Failure:
        where = f"{problem.filename}: " if problem.filename else ""
        return Failure(
            f"could not write archive {quoted(self._file)}: {where}{problem.strerror}",
            hint="Name a new file in a directory that only you can change.",
        )

    def write(self, directory: str, parts: Mapping[str, bytes]) -> None:
        """Write *parts* as files of *directory*, readable by its owner alone.  Raises Failure."""
        beside = f".{self._name[:200]}.{os.getpid()}"
        try:
            fd = os.open(beside, _NEW, 0o600, dir_fd=self._dir_fd)
            try:
                with open(fd, "wb") as file:
                    _fill(file, directory, parts)
                    file.flush()
                    os.fsync(file.fileno())
                self._name_it(beside)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(beside, dir_fd=self._dir_fd)
        except OSError as ex:
            raise self._could_not(ex) from ex

    def _name_it(self, beside: str) -> None:
        """Give the file its name, unless something has it by now."""
        at = self._dir_fd
        try:
            os.link(beside, self._name, src_dir_fd=at, dst_dir_fd=at)
        except PermissionError:  # a file system without links
            if self._is_there():
                raise
            os.rename(beside, self._name, src_dir_fd=at, dst_dir_fd=at)
        os.fsync(at)


def _fill(file: io.BufferedWriter, directory: str, parts: Mapping[str, bytes]) -> None:
    now = int(time.time())
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
        for name, data in parts.items():
            member = tarfile.TarInfo(f"{directory}/{name}")
            member.size, member.mode, member.mtime = len(data), 0o600, now
            archive.addfile(member, io.BytesIO(data))
