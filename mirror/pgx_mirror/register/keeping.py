"""The register's file in mc_arb's management directory: read once, written before each answer.

It is the one management directory that holds a state.  Missing, it is a new register, of a
new identity, that grants nothing until both servers have enrolled it.  What is there and
cannot be trusted is never taken for missing: somebody decides.
"""

from __future__ import annotations

import os
import secrets

from pgx_base import files
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.which_file import which
from pgx_mirror.register.core.form import FILE, LARGEST, Broken, Place, decode, encode
from pgx_mirror.register.core.state import Kept

_ANEW = (
    "Move it away: then the register begins anew, and grants nothing until both servers "
    "have enrolled it."
)


class Keeper:
    """What is on disk in the directory *dir_fd*, which is *path* to people."""

    def __init__(self, dir_fd: int, path: str) -> None:
        self._dir_fd = dir_fd
        self._path = os.path.join(path, FILE)

    def begin(self) -> Kept:
        """Return what is kept; a register that is not there yet is made.  Raises Failure."""
        kept = self._read()
        if kept is None:
            kept = Kept(secrets.token_hex(16))
            self.write(kept)
        return kept

    def write(self, kept: Kept) -> None:
        """Have *kept* on disk.  It waits for the disk.

        Raises Failure: then nobody knows what is on disk, and nothing may be answered until
        the same has been written.
        """
        try:
            self._replace(kept)
        except OSError as ex:
            raise Failure(
                f"could not write register {quoted(self._path)}: {ex.strerror}"
            ) from ex

    def _replace(self, kept: Kept) -> None:
        """Write beside, sync, rename, and sync the directory."""
        beside = f".{FILE}.new"
        try:
            os.unlink(beside, dir_fd=self._dir_fd)
        except FileNotFoundError:
            pass  # nobody was killed here
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        fd = os.open(beside, flags, 0o600, dir_fd=self._dir_fd)
        with open(fd, "wb") as file:
            file.write(encode(kept, Place(which(fd), which(self._dir_fd))))
            file.flush()
            os.fsync(fd)
        os.rename(beside, FILE, src_dir_fd=self._dir_fd, dst_dir_fd=self._dir_fd)
        os.fsync(self._dir_fd)

    def _read(self) -> Kept | None:
        try:
            fd = files.open_regular(self._dir_fd, FILE)
        except FileNotFoundError:
            return None
        except OSError as ex:
            raise self._unread(ex) from ex
        try:
            kept = self._trusted(os.read(fd, LARGEST), which(fd))
            # Who was killed before the last of these must not be believed before them.
            os.fsync(fd)
            os.fsync(self._dir_fd)
            return kept
        except OSError as ex:
            raise self._unread(ex) from ex
        finally:
            os.close(fd)

    def _unread(self, problem: OSError) -> Failure:
        return Failure(
            f"could not read register {quoted(self._path)}: {problem.strerror}"
        )

    def _trusted(self, data: bytes, file: int) -> Kept:
        try:
            kept, place = decode(data)
        except Broken as ex:
            raise Failure(
                f"register {quoted(self._path)} is broken", detail=str(ex), hint=_ANEW
            ) from ex
        if place != Place(file, which(self._dir_fd)):
            raise Failure(
                f"register {quoted(self._path)} is a copy",
                detail="It was written as another file, or in another directory: one that "
                "is put back would grant an epoch twice.",
                hint=_ANEW,
            )
        return kept
