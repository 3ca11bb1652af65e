"""The root-owned entry under /run: which postmaster a resource has, should all else be lost.

Named after registry and resource, gone with the boot.  It is only as good as the
last Online or adoption that ran as root, and holds the definition too, so that an
unreadable registry or work directory stops neither Check nor Offline.
"""

from __future__ import annotations

import os

from pgx_pclrsc import proc

DIRECTORY = "/run/pgx_pclrsc"
_LONGEST = 1 << 16

# PID and start time (clock ticks) of a postmaster.
Postmaster = tuple[int, int]


def path(registry: str, name: str) -> str:
    """Return where the entry of *name* in the registry at *registry* is kept."""
    where = os.path.abspath(registry).replace("%", "%25").replace("/", "%2F")
    return f"{DIRECTORY}/{where}%2F{name}"


def _read(entry: str) -> str | None:
    try:
        fd = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.read(fd, _LONGEST).decode("utf-8", "replace")
    except OSError:
        return None
    finally:
        os.close(fd)


def read(registry: str, name: str) -> tuple[Postmaster, str] | None:
    """Return the postmaster and the definition's text of this boot's entry, if there is one."""
    text = _read(path(registry, name))
    if text is None:
        return None
    head, _, definition = text.partition("\n")
    words = head.split()
    if len(words) != 3 or words[2] != proc.boot_id():
        return None
    return (int(words[0]), int(words[1])), definition


def write(registry: str, name: str, postmaster: Postmaster, definition: str) -> None:
    """Write the entry, whole or not at all.  Only root can; anybody else leaves none.

    Raises OSError.
    """
    if os.geteuid() != 0:
        return
    os.makedirs(DIRECTORY, mode=0o755, exist_ok=True)
    os.chmod(DIRECTORY, 0o755)
    entry = path(registry, name)
    beside = f"{entry}.{os.getpid()}"
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        os.fchmod(fd, 0o644)
        head = f"{postmaster[0]} {postmaster[1]} {proc.boot_id()}\n"
        os.write(fd, (head + definition).encode())
    finally:
        os.close(fd)
    os.rename(beside, entry)


def remove(registry: str, name: str) -> None:
    """Remove the entry, if there is one and we may.  Raises OSError otherwise."""
    try:
        os.unlink(path(registry, name))
    except FileNotFoundError:
        pass
    except PermissionError:
        if os.geteuid() == 0:
            raise
