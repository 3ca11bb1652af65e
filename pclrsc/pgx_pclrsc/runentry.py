"""The root-owned entry under /run: which postmaster a resource has, should all else be lost.

Named after registry and resource, gone with the boot.  It is only as good as the last
script that ran as root.  From a good Online on it names the postmaster, and holds the
definition too, so that an unreadable registry or work directory stops neither Check nor
Offline.  From a finished Offline on it says when that was: a record that is older, in a
work directory that could not be written, says nothing any more.
"""

from __future__ import annotations

import os

from pgx_pclrsc import proc, registry

_LONGEST = 1 << 16
_STOPPED = "stopped"

# PID and start time (clock ticks) of a postmaster.
Postmaster = tuple[int, int]


def path(root: str, name: str) -> str:
    """Return where the entry of *name* in the registry at *root* is kept."""
    return registry.run_path(root, name)


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


def _of_this_boot(root: str, name: str) -> tuple[list[str], str]:
    """Return the words of the first line, and what follows it; no words without an entry."""
    head, _, rest = (_read(path(root, name)) or "").partition("\n")
    words = head.split()
    if len(words) != 3 or words[2] != proc.boot_id():
        return [], ""
    return words, rest


def read(root: str, name: str) -> tuple[Postmaster, str] | None:
    """Return the postmaster and the definition's text, where a good Online has left them."""
    words, definition = _of_this_boot(root, name)
    if not words or words[0] == _STOPPED:
        return None
    return (int(words[0]), int(words[1])), definition


def stopped_at(root: str, name: str) -> int | None:
    """Return when an Offline has finished, CLOCK_MONOTONIC in ms; None unless it was the last."""
    words, _ = _of_this_boot(root, name)
    return int(words[1]) if words and words[0] == _STOPPED else None


def write(root: str, name: str, postmaster: Postmaster, definition: str) -> None:
    """Write the entry of a resource that is Online, whole or not at all.

    Only root can; anybody else leaves none.  Raises OSError.
    """
    if os.geteuid() != 0:
        return
    head = f"{postmaster[0]} {postmaster[1]} {proc.boot_id()}\n"
    _replace(path(root, name), head + definition)


def stop(root: str, name: str) -> None:
    """Let the entry say that an Offline has finished now.  Only root can.  Raises OSError."""
    if os.geteuid() != 0:
        raise PermissionError("only root writes there")
    _replace(path(root, name), f"{_STOPPED} {proc.monotonic_ms()} {proc.boot_id()}\n")


def _replace(entry: str, text: str) -> None:
    os.makedirs(registry.RUN_DIRECTORY, mode=0o755, exist_ok=True)
    os.chmod(registry.RUN_DIRECTORY, 0o755)
    beside = f"{entry}.{os.getpid()}"
    try:
        _write(beside, text.encode())
        os.rename(beside, entry)
    except OSError:
        _unlink(beside)  # one that is half written, as where /run is full
        raise


def _write(beside: str, data: bytes) -> None:
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        os.fchmod(fd, 0o644)
        while data:
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)


def _unlink(file: str) -> None:
    try:
        os.unlink(file)
    except OSError:
        pass  # it is not there


def remove(root: str, name: str) -> None:
    """Remove the entry, if there is one and we may.  Raises OSError otherwise."""
    try:
        os.unlink(path(root, name))
    except FileNotFoundError:
        pass
    except PermissionError:
        if os.geteuid() == 0:
            raise
