"""Keeping the status record: in place, fresh, and only while it is ours to write."""

from __future__ import annotations

import os

from pgx_base import files, locks, proc
from pgx_pclrsc import record
from pgx_pclrsc.core import names
from pgx_pclrsc.record import Record

_PLACES = {record.ONLINE: locks.ONLINE_IS, record.FAULTED: locks.FAULTED_IS}


class Superseded(Exception):
    """The record has another generation, or our lock's file is gone: it is not ours."""


class Keeper:
    """Writes the record *kept* into a work directory as long as its generation stands there.

    *lock_fd* is monitor.lock, held; a lock file that was unlinked or replaced ends us.
    """

    def __init__(
        self, work_directory: str, dir_fd: int, lock_fd: int, kept: Record
    ) -> None:
        self.kept = kept
        self._lock_path = f"{work_directory}/{names.MONITOR_LOCK}"
        self._dir_fd = dir_fd
        self._lock_fd = lock_fd
        self._fd = _open(dir_fd)

    def stamp(self) -> None:
        """Let what is kept be good for a while from now on."""
        self.kept.good_until = proc.monotonic_ms() + record.GOOD_FOR_MS

    def write(self) -> None:
        """Write the record, fresh from now on.  Raises Superseded, OSError."""
        self.stamp()
        self._check_generation()
        self._say(self.kept)
        record.write(self._fd, self.kept)

    def descriptors(self) -> set[int]:
        """Return the descriptors that `put` needs."""
        return {self._dir_fd, self._lock_fd, self._fd}

    def _check_generation(self) -> None:
        try:
            there = record.read_fd(self._fd)
        except record.Garbled:
            return  # nobody's: what we know is better
        if there is None or there.boot != self.kept.boot:
            return
        if there.generation != self.kept.generation:
            raise Superseded("the record has another generation")

    def put(self, content: bytes, *, final: bool) -> None:
        """Write *content*, an encoded record, while lock and record are the files others see.

        What is *final*, Faulted, is written without the lock too: nobody else knows of it.
        Raises Superseded, OSError.
        """
        if not final:
            self._check_lock()
        self._check_file()
        self._check_generation()
        self._say(record.decode(content))
        os.pwrite(self._fd, content, 0)
        self._check_lock()

    def _say(self, content: Record | None) -> None:
        """Say by where we hold our lock what the record is about to say.

        The record can be lost, and then nothing else of us tells Check of what we have said.
        It is never taken back: a monitor says Online, then Faulted, of one postmaster.
        """
        if content is None or content.state not in _PLACES:
            return
        place = _PLACES[content.state] + locks.ident(content.postmaster, content.start)
        try:
            locks.take(self._lock_fd, place)
        except OSError:
            pass  # no lock to be had: the record is written all the same

    def _check_lock(self) -> None:
        try:
            there = os.stat(self._lock_path, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError) as ex:
            raise Superseded("the lock file is gone") from ex
        if not os.path.samestat(there, os.fstat(self._lock_fd)):
            raise Superseded("the lock file was replaced")

    def _check_file(self) -> None:
        """Open the record anew when another file has its name; never one that is a link."""
        try:
            there = os.stat(names.RECORD, dir_fd=self._dir_fd, follow_symlinks=False)
            if os.path.samestat(there, os.fstat(self._fd)):
                return
        except FileNotFoundError:
            pass
        fresh = _open(self._dir_fd)
        os.close(self._fd)
        self._fd = fresh


def _open(dir_fd: int) -> int:
    return files.open_regular(dir_fd, names.RECORD, os.O_RDWR | os.O_CREAT)
