"""trace.log: what was done and when, in two generations of a fixed size.

Neither is ever larger: a file is left before it is full, and beyond its last room nobody
begins to write, so that what others write who have looked at the same time fits too.

A trace must never stop what it traces: every error is swallowed, a FIFO or a link
in its place is not written to.
"""

from __future__ import annotations

import os
import time
from types import TracebackType

from pgx_base import files

FILE, OLD = "trace.log", "trace.log.1"
FACTS = "facts=1"  # what a line for programs begins with; the number is its version
_LONGEST = 4 * 1024  # bytes of one write, and of one line
_ROOM = 4 * _LONGEST  # for four more writers that have looked before we wrote
_AHEAD = _LONGEST  # what is written while another takes its time to rotate
_CUT = b"...\n"
_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:/@"
)


def facts(of: str, **values: object) -> str:
    r"""Return one line of key=value: the version, what it is *of*, and *values* in order.

    A value with other than letters, digits and _-+.,:/@ in it, or none, stands in double
    quotes, with \\, \" and \n for what cannot stand there.
    """
    words = {"of": of} | values
    return " ".join((FACTS, *(f"{key}={_value(words[key])}" for key in words)))


def _value(value: object) -> str:
    text = "" if value is None else str(value)
    if isinstance(value, bool):
        text = "yes" if value else "no"
    if text and _PLAIN.issuperset(text):
        return text
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return f'"{"".join(c if c.isprintable() else "?" for c in text)}"'


def _parts(data: bytes) -> list[bytes]:
    """Return *data* in parts of whole lines, none too long for one write.

    A line that is too long by itself is cut.
    """
    parts = [b""]
    for line in data.splitlines(keepends=True):
        if len(line) > _LONGEST:
            whole = line[: _LONGEST - len(_CUT)].decode("utf-8", "ignore")
            line = whole.encode() + _CUT
        if len(parts[-1]) + len(line) > _LONGEST:
            parts.append(b"")
        parts[-1] += line
    return parts


class Nowhere:
    """`with` this nobody is told."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass


class Trace:
    """Append lines to trace.log of a work directory, as the OS user.

    Without a *work_directory*, as where it hangs, nothing is written.  *at* is told while
    it is touched.  *limit_kb* may be set to another; a file that is longer is put aside
    with the next line.
    """

    def __init__(
        self,
        work_directory: str | None,
        limit_kb: int,
        who: str,
        at: Nowhere | None = None,
    ) -> None:
        self._directory = work_directory
        self.limit_kb = limit_kb
        self._who = f"{who}[{os.getpid()}]"
        self._at = at or Nowhere()
        self._fd = -1

    def write(self, text: str) -> None:
        """Append *text*, each of its lines with the wall-clock time and our name."""
        self.keep(self.stamped(text))

    def stamped(self, text: str) -> str:
        """Return *text* as it is kept when `keep` does so later."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        head = f"{stamp}.{int(now * 1000) % 1000:03d} {self._who} "
        return "".join(f"{head}{line}\n" for line in text.splitlines())

    def keep(self, data: str) -> None:
        """Append *data*, which is `stamped`."""
        if self._directory is None:
            return
        try:
            with self._at:
                for part in _parts(data.encode("utf-8", "backslashreplace")):
                    self._append(part)
        except OSError:
            self.close()

    def _append(self, data: bytes) -> None:
        if self._fd < 0:
            self._open()
        limit = self.limit_kb * 1024 - _ROOM
        if self._size() + len(data) > limit - _AHEAD:
            self._rotate()
        if self._size() + len(data) <= limit:
            os.write(self._fd, data)  # else who rotates hangs: the line is lost

    def _size(self) -> int:
        return os.fstat(self._fd).st_size

    def _open(self) -> None:
        assert self._directory is not None
        dir_fd = files.open_workdir(self._directory)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._fd = files.open_regular(dir_fd, FILE, flags)
        finally:
            os.close(dir_fd)

    def _rotate(self) -> None:
        if not self._may_rotate():
            return  # another does: its file is ours with the next line
        assert self._directory is not None
        dir_fd = files.open_workdir(self._directory)
        try:
            if self._still_ours(dir_fd):
                os.rename(FILE, OLD, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        finally:
            os.close(dir_fd)
        self.close()
        self._open()

    def _may_rotate(self) -> bool:
        """Lock the file until it is closed: two that rotate it would lose a generation."""
        import fcntl

        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _still_ours(self, dir_fd: int) -> bool:
        """Whether nobody else has rotated since we opened: script and monitor both write."""
        try:
            there = os.stat(FILE, dir_fd=dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._fd))

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Trace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
