"""What the server itself says: its output in WORKDIR/server.log, or its own log file.

Only quoted, never judged by: the text is localised.
"""

from __future__ import annotations

import os
import stat

from pgx_base import files
from pgx_base.light.dataclasses import dataclass
from pgx_postgres import log_lines
from pgx_postgres.log_lines import Line

FILE, OLD = "server.log", "server.log.old"  # logrotate calls its own server.log.1
_TAIL = 64 * 1024
_FORMS = ("stderr", "csvlog", "jsonlog")
_CURRENT = "current_logfiles"
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


def open_for_output(dir_fd: int) -> int:
    """Return a descriptor that appends to server.log; no link or FIFO is written to.

    Raises OSError.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return files.open_regular(dir_fd, FILE, flags)


def rotate(dir_fd: int, limit: int) -> None:
    """Make server.log server.log.old where it has more than *limit* bytes.

    No server may be writing there.  What is no regular file is left alone.  Raises OSError.
    """
    try:
        found = os.stat(FILE, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISREG(found.st_mode) and found.st_size > limit:
        os.rename(FILE, OLD, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)


def _from(fd: int, offset: int) -> str:
    """Return the end of what *fd*'s file holds from *offset* on; closes *fd*."""
    try:
        size = os.fstat(fd).st_size
        data = os.pread(fd, _TAIL, max(offset if offset <= size else 0, size - _TAIL))
    finally:
        os.close(fd)
    return data.decode("utf-8", "replace")


def collected(data_directory: str) -> list[tuple[str, str]]:
    """Return form and path of the files that the server's own log collector writes to.

    They are what the data directory says: not to be trusted by anybody but its owner.
    """
    try:
        # Whatever lies there in the file's place, a FIFO too, holds nobody up.
        fd = os.open(f"{data_directory}/{_CURRENT}", _READ)
        words = [line.split(" ", 1) for line in _from(fd, 0).splitlines()]
    except OSError:
        return []
    return [
        (word[0], os.path.join(data_directory, word[1]))
        for word in words
        if len(word) == 2 and word[0] in _FORMS
    ]


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How long the logs were before a start: ours, and each file of the collector's."""

    output: int = 0
    collected: tuple[tuple[str, int], ...] = ()


def mark(dir_fd: int, data_directory: str) -> Mark:
    """Note where the logs end now."""
    try:
        output = os.stat(FILE, dir_fd=dir_fd, follow_symlinks=False).st_size
    except OSError:
        output = 0
    paths = [path for _, path in collected(data_directory)]
    return Mark(output, tuple((path, _size(path)) for path in paths))


def since(
    dir_fd: int, data_directory: str, before: Mark, bin_dir: str = ""
) -> list[str]:
    """Return the telling lines that the server has written since *before*, the cause first.

    Where it has written nothing that is one, and its log goes to the system log, that is said.
    """
    logs = _logs(dir_fd, data_directory, before, bin_dir)
    with_cause = [log for log in logs if any(line.kind for line in log)]
    if with_cause:
        return log_lines.telling(with_cause[-1])
    ident = _syslog_ident(data_directory)
    if ident:
        return [f'look in the system log, ident "{ident}": the server logs there']
    return log_lines.telling(next((log for log in logs if log), []))


def last_words(dir_fd: int, data_directory: str, before: Mark) -> tuple[str, str]:
    """Return the last FATAL and the last PANIC line since *before*, empty without one."""
    logs = _logs(dir_fd, data_directory, before, "")
    lines = [line for log in logs for line in log]
    return log_lines.last(lines, log_lines.FATAL), log_lines.last(
        lines, log_lines.PANIC
    )


def _logs(
    dir_fd: int, data_directory: str, before: Mark, bin_dir: str
) -> list[list[Line]]:
    """Return the lines of each log since *before*: our output, then the collector's."""
    words = log_lines.severities(log_lines.locale_directories(bin_dir))
    logs = [log_lines.parse(_output(dir_fd, before), "stderr", words)]
    sizes = dict(before.collected)
    for form, path in collected(data_directory):
        logs.append(log_lines.parse(_own_log(path, sizes.get(path, 0)), form, words))
    return logs


def _output(dir_fd: int, before: Mark) -> str:
    try:
        return _from(files.open_regular(dir_fd, FILE), before.output)
    except OSError:
        return ""


def _own_log(path: str, offset: int) -> str:
    try:
        return _from(os.open(path, _READ), offset)
    except OSError:
        return ""


def _syslog_ident(data_directory: str) -> str:
    """Return the ident under which the server logs to the system log, empty if it does not."""
    found = {"log_destination": "stderr", "syslog_ident": "postgres"}
    for name in ("postgresql.conf", "postgresql.auto.conf"):
        try:
            text = _from(os.open(f"{data_directory}/{name}", _READ), 0)
        except OSError:
            continue
        for line in text.splitlines():
            key, _, value = line.partition("#")[0].strip().partition("=")
            if key.strip() in found:
                found[key.strip()] = value.strip().strip("'")
    return found["syslog_ident"] if "syslog" in found["log_destination"] else ""
