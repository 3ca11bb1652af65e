"""The secret that both controllers and the arbiter prove to each other.  Ours.

A file of 64 hexadecimal digits beside network.conf, mode 0600, copied to the other server
with it.
"""

from __future__ import annotations

import os
import re
import secrets

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.conf import private
from pgx_mirror.conf.problem import Problem, wrong

FILE = "secret"
_BYTES = 32
_FORM = re.compile(rb"([0-9a-f]{64})\n?")
_HINT = (
    'Run "mc_ctl secret" on one server, and copy the file, with network.conf, to the other '
    "and to the arbiter's host."
)


def read(mcdir: str) -> tuple[bytes, list[Problem]]:
    """Return the 32 bytes of the secret in *mcdir*, b"" where it cannot be used, and why."""
    path = os.path.join(mcdir, FILE)
    try:
        os.lstat(path)
    except FileNotFoundError:
        return b"", [wrong(0, "there is no secret", "", _HINT).at(path)]
    except OSError:
        pass  # a directory that is closed to this user: reading it says so
    data, problems = private.read(path)
    if data is None:
        return b"", problems
    found = _FORM.fullmatch(data)
    if found is None:
        detail = f"It is of {2 * _BYTES} hexadecimal digits in one line."
        problems.append(wrong(0, "file is no secret", detail, _HINT).at(path))
        return b"", problems
    return bytes.fromhex(found[1].decode()), problems


def create(mcdir: str, *, replace: bool = False) -> str:
    """Write a new secret into *mcdir* and return its path.  Raises Failure.

    It is on disk, whole, when this returns.  One that is there is kept unless *replace*:
    the other server has it too, and hears this one no more once they differ.
    """
    path = os.path.join(mcdir, FILE)
    beside = f"{path}.{secrets.token_hex(4)}"
    try:
        _write(beside)
        (os.rename if replace else _take_name)(beside, path)
        _sync(mcdir)
    except FileExistsError as ex:
        raise _is_there(path) from ex
    except OSError as ex:
        raise Failure(f"could not write file {quoted(path)}: {ex.strerror}") from ex
    finally:
        _forget(beside)
    return path


def _is_there(path: str) -> Failure:
    return Failure(
        f"secret {quoted(path)} exists already",
        hint="Copy it to the other server and to the arbiter's host. A new one must be "
        "copied to both too: who has another one is not heard.",
    )


def _take_name(beside: str, path: str) -> None:
    """Give the finished file its name, unless somebody has been quicker."""
    os.link(beside, path, follow_symlinks=False)


def _write(path: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(path, flags, 0o600)
    try:
        os.fchmod(fd, 0o600)  # whatever the umask takes away
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(secrets.token_hex(_BYTES).encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync(directory: str) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _forget(beside: str) -> None:
    try:
        os.unlink(beside)
    except OSError:
        pass  # it has its name by now, or was never made
