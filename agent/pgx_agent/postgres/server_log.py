"""What the server itself says: its output in WORKDIR/server.log, or its own log file.

Only quoted, never judged by: the text is localised.
"""

from __future__ import annotations

import os

from pgx_agent import record
from pgx_pclrsc import names
from pgx_pclrsc.frozen import dataclass

_TAIL = 64 * 1024
_LONGEST = 8  # lines that are quoted
_LONGEST_LINE = 300  # characters of one that is quoted in a reason
_FATAL = ("FATAL:", "PANIC:")
_CURRENT = "current_logfiles"
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


def open_for_output(dir_fd: int) -> int:
    """Return a descriptor that appends to server.log; no link or FIFO is written to.

    Raises OSError.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return record.open_regular(dir_fd, names.SERVER_LOG, flags)


def _from(fd: int, offset: int) -> str:
    """Return the end of what *fd*'s file holds from *offset* on; closes *fd*."""
    try:
        size = os.fstat(fd).st_size
        data = os.pread(fd, _TAIL, max(offset if offset <= size else 0, size - _TAIL))
    finally:
        os.close(fd)
    return data.decode("utf-8", "replace")


def telling(text: str) -> list[str]:
    """Return the last lines of a server's log, the last fatal one before the others."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][-_LONGEST:]
    fatal = [i for i, line in enumerate(lines) if any(word in line for word in _FATAL)]
    if fatal:
        lines.insert(0, lines.pop(fatal[-1]))
    return lines


def _collected(data_directory: str) -> str | None:
    """Return the file that the server's own log collector writes to, if it says so."""
    try:
        # Whatever lies there in the file's place, a FIFO too, holds nobody up.
        fd = os.open(f"{data_directory}/{_CURRENT}", _READ)
        words = [line.split(" ", 1) for line in _from(fd, 0).splitlines()]
    except OSError:
        return None
    paths = [word[1] for word in words if len(word) == 2 and word[0] == "stderr"]
    return os.path.join(data_directory, paths[0]) if paths else None


def _size(path: str | None) -> int:
    try:
        return os.stat(path).st_size if path else 0
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How long the logs were before a start."""

    output: int
    collected: str | None
    collected_size: int


def mark(dir_fd: int, data_directory: str) -> Mark:
    """Note where the logs end now."""
    try:
        output = os.stat(names.SERVER_LOG, dir_fd=dir_fd, follow_symlinks=False).st_size
    except OSError:
        output = 0
    path = _collected(data_directory)
    return Mark(output, path, _size(path))


def since(dir_fd: int, data_directory: str, before: Mark) -> list[str]:
    """Return the telling lines that the server has written since *before*."""
    said, own = _output(dir_fd, before), _own_log(data_directory, before)
    fatal_in_own = any(word in own for word in _FATAL)
    return telling(own if fatal_in_own or not said else said)


def last_words(dir_fd: int, data_directory: str, before: Mark) -> tuple[str, str]:
    """Return the last FATAL and the last PANIC line since *before*, empty without one.

    From its severity on: what stands before is as log_line_prefix has it.
    """
    said = _output(dir_fd, before) + _own_log(data_directory, before)
    fatal, panic = (_last(said, word) for word in _FATAL)
    return fatal, panic


def _last(text: str, word: str) -> str:
    at = text.rfind(word)
    if at < 0:
        return ""
    line = " ".join(text[at : at + _LONGEST_LINE].splitlines()[0].split())
    return "".join(one if one.isprintable() else "?" for one in line)


def _output(dir_fd: int, before: Mark) -> str:
    try:
        return _from(record.open_regular(dir_fd, names.SERVER_LOG), before.output)
    except OSError:
        return ""


def _own_log(data_directory: str, before: Mark) -> str:
    path = _collected(data_directory)
    if path is None:
        return ""
    offset = before.collected_size if path == before.collected else 0
    try:
        return _from(os.open(path, _READ), offset)
    except OSError:
        return ""
