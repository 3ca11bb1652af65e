"""Whether a program may be run: nobody but root and this OS user can change what it is.

Each directory on the way, each link in it and the file itself belong to one of those two,
and none can be written by others.  So the file may be run by its path afterwards: whoever
could put another one there is trusted already.  That leaves a script its own name, and no
descriptor of ours, which running it by descriptor would not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack

from pgx_base.text import quoted
from pgx_mirror.conf.problem import Problem, wrong

_NODE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS = 40  # the kernel's own
_MOST_INTERPRETERS = 4
_FIRST_LINE = 256  # bytes, as many as the kernel reads


HINT = (  # what a sound one is, as advice
    "It is a regular file that the OS user may execute; it, its interpreter, each link and "
    "each directory of its path belong to root or to that user, and nobody else may write."
)


class _Unsound(Exception):
    """The text says why the program is not to be run."""


def fault(path: str) -> str:
    """Return why the program *path*, absolute, may not be run by us, "" where it may.

    It may hang with the disk.  The text follows a colon: "it is writable by others".
    """
    try:
        _check(path, _MOST_INTERPRETERS)
    except _Unsound as ex:
        return str(ex)
    except OSError as ex:
        return f"it cannot be looked at: {ex.strerror}"
    return ""


def problems(programs: Mapping[str, str], file: str) -> list[Problem]:
    """Return what is wrong with *programs*, paths by parameters of the conf file *file*."""
    faults = {name: (path, fault(path)) for name, path in programs.items()}
    return [
        wrong(0, f"{name} {quoted(path)} cannot be called: {why}", hint=HINT).at(file)
        for name, (path, why) in faults.items()
        if why
    ]


def _check(path: str, interpreters: int) -> None:
    with ExitStack() as opened:
        fd = _found(path, opened)
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise _Unsound("it is not a regular file")
        if why := _others(status):
            raise _Unsound(f"it {why}")
        name = f"/proc/self/fd/{fd}"
        if not os.access(name, os.X_OK):
            raise _Unsound(f"it is not executable by user id {os.geteuid()}")
        interpreter = _interpreter(name)
    if interpreter:
        _check_interpreter(interpreter, interpreters)


def _check_interpreter(path: str, interpreters: int) -> None:
    name = f"its interpreter {quoted(path)}"
    if not path.startswith("/"):
        raise _Unsound(f"{name} has no absolute path")
    if not interpreters:
        raise _Unsound(f"{name} is one interpreter too many")
    try:
        _check(path, interpreters - 1)
    except _Unsound as ex:
        raise _Unsound(f"{name}: {ex}") from ex


def _interpreter(name: str) -> str:
    """Return whom a script's first line names; "" for a program, or one that tells nothing."""
    try:
        with open(name, "rb") as file:
            line = file.read(_FIRST_LINE).partition(b"\n")[0]
    except PermissionError:
        return ""  # which no interpreter could read either
    words = line[2:].split(maxsplit=1) if line.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words else ""


def _found(path: str, opened: ExitStack) -> int:
    """Return a descriptor of what *path* leads to, each step of the way looked at."""
    at, here = _root(opened), "/"
    names, links = path.split("/")[::-1], 0
    while names:
        name = names.pop()
        if name in ("", "."):
            continue
        here = os.path.normpath(os.path.join(here, name))
        fd = _open(name, at, here, opened)
        status = os.fstat(fd)
        if stat.S_ISLNK(status.st_mode):
            links += 1
            target = _target(fd, status, here, links)
            names += target.split("/")[::-1]
            here = "/" if target.startswith("/") else os.path.dirname(here)
            at = _root(opened) if target.startswith("/") else at
            continue
        if any(each not in ("", ".") for each in names):
            _check_directory(status, here)
        at = fd
    return at


def _root(opened: ExitStack) -> int:
    fd = _open("/", None, "/", opened)
    _check_directory(os.fstat(fd), "/")
    return fd


def _open(name: str, at: int | None, here: str, opened: ExitStack) -> int:
    try:
        fd = os.open(name, _NODE, dir_fd=at)
    except FileNotFoundError as ex:
        raise _Unsound(f"{quoted(here)} does not exist") from ex
    except OSError as ex:
        raise _Unsound(f"{quoted(here)} cannot be opened: {ex.strerror}") from ex
    opened.callback(os.close, fd)
    return fd


def _target(fd: int, status: os.stat_result, here: str, links: int) -> str:
    """Return where a link leads; its own mode says nothing, only its owner does."""
    if why := _strange(status):
        raise _Unsound(f"link {quoted(here)} of its path {why}")
    if links > _MOST_LINKS:
        raise _Unsound("its path has too many links")
    return os.readlink("", dir_fd=fd)


def _check_directory(status: os.stat_result, here: str) -> None:
    """One with the sticky bit lets others only add what is then another's."""
    sticky = bool(status.st_mode & stat.S_ISVTX)
    why = _strange(status) if sticky else _others(status)
    if stat.S_ISDIR(status.st_mode) and why:
        raise _Unsound(f"directory {quoted(here)} of its path {why}")


def _others(status: os.stat_result) -> str:
    """Return why others can change it; an access list's mask is what the mode shows as group."""
    mode = stat.S_IMODE(status.st_mode)
    return (
        f"is writable by others (mode {mode:04o})" if mode & 0o022 else _strange(status)
    )


def _strange(status: os.stat_result) -> str:
    owner, me = status.st_uid, os.geteuid()
    if owner in (0, me):
        return ""
    return f"belongs to user id {owner}, neither root nor this user (id {me})"
