"""Every setting that PostgreSQL reads from files, in the order in which it reads them.

postgresql.conf, with what it includes where it includes it, then postgresql.auto.conf: the
last setting of a parameter counts.  Paths are relative to the data directory, as long as
nobody has written them otherwise.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_postgres import conf_lines

CONF, AUTO_CONF = "postgresql.conf", "postgresql.auto.conf"
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter and its value, or what is *wrong* with that line; a line of 0: the file."""

    file: str
    line: int
    name: bytes = b""
    value: bytes = b""
    wrong: str = ""

    def __str__(self) -> str:
        why = f": {self.wrong}" if self.wrong else ""
        return f"{self.file}, line {self.line}{why}"


def settings(dir_fd: int, conf: str = CONF) -> list[Setting]:
    """Return all settings of the data directory's files.  Raises OSError for these two alone.

    *conf*: the file that stands in postgresql.conf's place.  A file that is included and
    cannot be read is a setting that is wrong, as for PostgreSQL.
    """
    found = list(_of_content(dir_fd, conf, _read(dir_fd, conf), 0))
    try:
        content = _read(dir_fd, AUTO_CONF)
    except FileNotFoundError:
        return found
    return found + list(_of_content(dir_fd, AUTO_CONF, content, 0))


def of(found: list[Setting], name: bytes) -> list[Setting]:
    """Return those of *found* that set the parameter *name*; the last one counts."""
    return [setting for setting in found if setting.name == name]


def _of_content(
    dir_fd: int, file: str, content: bytes, depth: int
) -> Iterator[Setting]:
    for line in conf_lines.lines(content):
        if line.wrong:
            yield Setting(file, line.number, wrong="it is a syntax error")
        elif line.name in (b"include", b"include_if_exists", b"include_dir"):
            here = Setting(file, line.number, line.name, line.value)
            yield from _included(dir_fd, here, depth + 1)
        elif line.name:
            yield Setting(file, line.number, line.name, line.value)


def _included(dir_fd: int, here: Setting, depth: int) -> Iterator[Setting]:
    """Yield the settings of what *here* includes."""
    path = os.path.join(os.path.dirname(here.file), os.fsdecode(here.value))
    try:
        if not here.value.strip(b" \t\r\n"):
            raise OSError(0, "it names no file")
        if depth > _DEEPEST:
            raise OSError(0, "it is nested too deeply")
        if here.name == b"include_dir":
            for name in _conf_files(dir_fd, path):
                content = _read(dir_fd, name)
                yield from _of_content(dir_fd, name, content, depth)
        else:
            yield from _of_content(dir_fd, path, _read(dir_fd, path), depth)
    except FileNotFoundError as ex:
        if here.name != b"include_if_exists":
            yield Setting(here.file, here.line, wrong=_cannot(path, ex))
    except OSError as ex:
        yield Setting(here.file, here.line, wrong=_cannot(path, ex))


def _cannot(path: str, problem: OSError) -> str:
    return f'it includes "{path}": {problem.strerror}'


def _conf_files(dir_fd: int, path: str) -> list[str]:
    """Return the paths of the files in *path* that PostgreSQL includes, in its order."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        names = [n for n in os.listdir(fd) if n.endswith(".conf") and n[0] != "."]
        files = [n for n in names if not stat.S_ISDIR(os.stat(n, dir_fd=fd).st_mode)]
    finally:
        os.close(fd)
    return [os.path.join(path, name) for name in sorted(files, key=os.fsencode)]


def _read(dir_fd: int, path: str) -> bytes:
    """Return the content of *path*: links are followed, as PostgreSQL does."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=dir_fd)
    with open(fd, "rb") as file:
        return file.read()
