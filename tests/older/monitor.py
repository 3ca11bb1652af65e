"""A stand-in for the monitor of an older version; it imports nothing of ours.

Copied under the name pgx_monitor it is started, and looks, as that one did: detached, two
processes, both with monitor.lock.  It keeps the record that it finds, in the recorded form,
speaks by the beacon, and ends as that one did: at SIGTERM, when the record is another's,
when its lock file is lost, and with its postmaster, of which it says Faulted unless an
Offline works.  At SIGUSR1 it says Faulted; at SIGUSR2 too, but by the beacon alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import time
import zlib

SIZE, BODY = 512, 502
# Words of the record.
GENERATION, BOOT, STATE, GOOD_UNTIL, POSTMASTER, START = 1, 2, 3, 4, 5, 6
DEVICE, INODE, SHMID, MONITOR, MONITOR_START, REASON = 7, 8, 9, 10, 11, 12
# Places on the beacon.
ALONE, FRESH, ONLINE_IS, FAULTED_IS = 0, 1 << 32, 1 << 61, 1 << 62

_SETLK, _GETLK = 37, 36
_FLOCK = "hhqqi4x"
_GOOD_FOR_MS = 10_000
_OFFLINE = 2  # byte of transition.lock


def words_of(record: bytes) -> list[str]:
    """Return the words of a recorded *record*, the reason as one."""
    return record[:BODY].decode().rstrip().split(" ", REASON)


def with_words(record: bytes, words: dict[int, object]) -> bytes:
    """Return *record* with *words* at their places, and the checksum that it then has."""
    found = words_of(record)
    found += [""] * (max(words, default=0) + 1 - len(found))
    for place, word in words.items():
        found[place] = str(word)
    body = " ".join(found).encode().ljust(BODY)
    return body + b" %08x\n" % zlib.crc32(body)


def ident(postmaster: int, start: int) -> int:
    """Return the number of a process on the beacon."""
    return start << 22 | postmaster


def _lock(fd: int, kind: int, place: int) -> None:
    fcntl.fcntl(fd, _SETLK, struct.pack(_FLOCK, kind, 0, place, 1, 0))


def _is_held(fd: int, place: int) -> bool:
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, place, 1, 0)
    answer = struct.unpack(_FLOCK, fcntl.fcntl(fd, _GETLK, asked))
    return bool(answer[0] != fcntl.F_UNLCK)


def _start_time() -> int:
    with open("/proc/self/stat") as file:
        return int(file.read().rpartition(")")[2].split()[19])


class Monitor:
    """One monitor of the postmaster that the record in *work* names."""

    def __init__(self, work: str, data: str, beacon: str, recorded: str) -> None:
        self._lock_path = f"{work}/monitor.lock"
        self._recorded = recorded
        self._dir = os.open(work, os.O_PATH)
        self._transition = os.open(f"{work}/transition.lock", os.O_RDWR)
        self._lock = os.open(self._lock_path, os.O_RDWR)
        _lock(self._lock, fcntl.F_WRLCK, 0)
        self._file = os.open(f"{work}/record", os.O_RDWR)
        self._beacon = os.open(beacon, os.O_RDONLY)
        self._guard = os.open(f"{data}/PG_VERSION", os.O_RDONLY)
        fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._places: set[int] = set()
        self._alone = False
        self.asked: list[bool] = []  # to say Faulted, alone or not
        me: dict[int, object] = {MONITOR: os.getpid(), MONITOR_START: _start_time()}
        self._kept = with_words(os.pread(self._file, SIZE, 0), me)
        self._postmaster = int(words_of(self._kept)[POSTMASTER])
        self._start = int(words_of(self._kept)[START])
        self._pidfd = os.pidfd_open(self._postmaster)
        self._scribe()

    def _scribe(self) -> None:
        """Fork the second process, which lives as long as we do."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork():
            theirs.close()
            self._line = ours
            return
        kept = {0, 1, 2, theirs.fileno(), self._dir, self._lock, self._file}
        for fd in {int(name) for name in os.listdir("/proc/self/fd")} - kept:
            with contextlib.suppress(OSError):
                os.close(fd)
        theirs.recv(1)
        os._exit(0)

    def run(self) -> None:
        """Watch until there is nothing left to watch."""
        while not select.select([self._pidfd], [], [], 0.5)[0]:
            if self.asked:
                self.fault(alone=self.asked.pop())
            self.say()
        if not _is_held(self._transition, _OFFLINE):
            self.fault()

    def fault(self, *, alone: bool = False) -> None:
        """Say Faulted."""
        with open(f"{self._recorded}/record.faulted", "rb") as file:
            faulted = words_of(file.read())
        changed = {place: faulted[place] for place in (STATE, REASON)}
        self._kept = with_words(self._kept, dict(changed))
        self._alone = alone
        self.say()

    def say(self) -> None:
        """Say it again, good for a while from now on."""
        until = int(time.monotonic() * 1000) + _GOOD_FOR_MS
        self._kept = with_words(self._kept, {GOOD_UNTIL: until})
        self._shine(until)
        if not self._alone:
            self._write()

    def _write(self) -> None:
        there = words_of(os.pread(self._file, SIZE, 0))
        if there[GENERATION] != words_of(self._kept)[GENERATION]:
            os._exit(0)
        try:
            if not os.path.samestat(os.stat(self._lock_path), os.fstat(self._lock)):
                os._exit(0)
        except FileNotFoundError:
            os._exit(0)
        os.pwrite(self._file, self._kept, 0)

    def _shine(self, until: int) -> None:
        number = ident(self._postmaster, self._start)
        state = words_of(self._kept)[STATE]
        wanted = {FRESH + until}
        wanted |= {ONLINE_IS + number} if state == "online" else set()
        wanted |= {FAULTED_IS + number} if state == "faulted" else set()
        wanted |= {ALONE} if self._alone else set()
        for place in wanted - self._places:
            _lock(self._beacon, fcntl.F_RDLCK, place)
        for place in self._places - wanted:
            _lock(self._beacon, fcntl.F_UNLCK, place)
        self._places = wanted


def _detached(ready: int) -> None:
    """Watch in the background; *ready* is told why that is not so, or nothing."""
    os.setsid()
    if os.fork():
        os._exit(0)
    for fd in range(3):
        os.dup2(os.open("/dev/null", os.O_RDWR), fd)
    try:
        found = Monitor(
            *(os.environ[f"OLDER_{of}"] for of in ("WORK", "DATA", "BEACON", "FILES"))
        )
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        # Said at the next turn: within one, that would say Online again.
        signal.signal(signal.SIGUSR1, lambda *_: found.asked.append(False))
        signal.signal(signal.SIGUSR2, lambda *_: found.asked.append(True))
        found.say()
    except Exception as ex:  # noqa: BLE001  # the test is told
        os.write(ready, f"{type(ex).__name__}: {ex}".encode())
        os._exit(1)
    os.close(ready)
    found.run()
    os._exit(0)


def main() -> None:
    """Detach; print what went wrong, and exit 0 only where nothing did."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _detached(writer)
    os.close(writer)
    told = os.read(reader, 4096).decode()
    sys.exit(told or 0)


if __name__ == "__main__":
    main()
