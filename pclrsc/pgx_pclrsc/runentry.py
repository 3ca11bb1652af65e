"""The root-owned entry under /run: which postmaster a resource has, should all else be lost.

Named after registry and resource, gone with the boot.  It is only as good as the last
script that ran as root.  From a good Online on it names the postmaster, and holds the
definition too, so that an unreadable registry or work directory stops neither Check nor
Offline.  From a finished Offline on it says when that was: a record that is older, in a
work directory that could not be written, says nothing any more.

Beside it lies the beacon, by which the monitor speaks where its work directory fails:
pgx_pclrsc.beacon says how.
"""

from __future__ import annotations

import os

from pgx_base import proc
from pgx_pclrsc import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pgx_base.idents import Ident

_LONGEST = 1 << 16
_STOPPED = "stopped"
_BEACON, _LATCH_AT = 64, 16  # bytes


def path(root: str, name: str) -> str:
    """Return where the entry of *name* in the registry at *root* is kept."""
    return registry.run_path(root, name)


def read_text(entry: str) -> str | None:
    """Return what stands in the file *entry* under /run, None where it cannot be read."""
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
    head, _, rest = (read_text(path(root, name)) or "").partition("\n")
    words = head.split()
    if len(words) != 3 or words[2] != proc.boot_id():
        return [], ""
    return words, rest


def read(root: str, name: str) -> tuple[Ident, str] | None:
    """Return the postmaster and the definition's text, where a good Online has left them."""
    words, definition = _of_this_boot(root, name)
    if not words or words[0] == _STOPPED:
        return None
    return (int(words[0]), int(words[1])), definition


def stopped_at(root: str, name: str) -> int | None:
    """Return when an Offline has finished, CLOCK_MONOTONIC in ms; None unless it was the last."""
    words, _ = _of_this_boot(root, name)
    return int(words[1]) if words and words[0] == _STOPPED else None


def write(root: str, name: str, postmaster: Ident, definition: str) -> None:
    """Write the entry of a resource that is Online, whole or not at all.

    Only root can; anybody else leaves none.  Raises OSError.
    """
    if os.geteuid() != 0:
        return
    head = f"{postmaster[0]} {postmaster[1]} {proc.boot_id()}\n"
    replace(path(root, name), (head + definition).encode())


def stop(root: str, name: str) -> None:
    """Let the entry say that an Offline has finished now.  Only root can.  Raises OSError."""
    if os.geteuid() != 0:
        raise PermissionError("only root writes there")
    text = f"{_STOPPED} {proc.monotonic_ms()} {proc.boot_id()}\n"
    replace(path(root, name), text.encode())
    unlink(registry.beacon_path(root, name))


def replace(file: str, data: bytes, mode: int = 0o644, gid: int = 0) -> None:
    """Write *data* into *file* there, whole or not at all.  Only root can.  Raises OSError."""
    os.makedirs(registry.RUN_DIRECTORY, mode=0o755, exist_ok=True)
    os.chmod(registry.RUN_DIRECTORY, 0o755)
    beside = f"{file}.{os.getpid()}"
    try:
        _write(beside, data, mode, gid)
        os.rename(beside, file)
    except OSError:
        unlink(beside)  # one that is half written, as where /run is full
        raise


def _write(beside: str, data: bytes, mode: int, gid: int) -> None:
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(fd, 0, gid)
        os.fchmod(fd, mode)
        while data:
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)


def unlink(file: str) -> None:
    """Remove *file* there, if it is there and we may."""
    try:
        os.unlink(file)
    except OSError:
        pass  # it is not there


def remove(root: str, name: str) -> None:
    """Remove entry and beacon, if they are there and we may.  Raises OSError otherwise."""
    for file in (path(root, name), registry.beacon_path(root, name)):
        try:
            os.unlink(file)
        except FileNotFoundError:
            pass
        except PermissionError:
            if os.geteuid() == 0:
                raise


def make_beacon(root: str, name: str, uid: int, gid: int) -> None:
    """Make the beacon anew: locks on an earlier one, of a monitor that was, say nothing more.

    Its owner is root and its mode 0640, so that it can be read, and with it spoken by, the
    OS user's group alone; its text is the OS user's *uid*, with room for a latch.  Only
    root can; anybody else leaves none.  Raises OSError.
    """
    if os.geteuid() != 0:
        return
    text = f"{uid} ".encode().ljust(_BEACON)
    replace(registry.beacon_path(root, name), text, 0o640, gid)


def has_beacon(root: str, name: str) -> bool:
    """Whether there is a beacon."""
    return os.path.lexists(registry.beacon_path(root, name))


def latch(beacon: int, place: int) -> None:
    """Keep in the very file of *beacon* that Faulted was said at *place*.

    Not by its name: an Offline that finishes meanwhile has removed it, or an Online made
    another.  Only root can; anybody else leaves it.  Raises OSError.
    """
    if os.geteuid() != 0:
        return
    fd = os.open(f"/proc/self/fd/{beacon}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(fd, f"{place}".encode(), _LATCH_AT)
    finally:
        os.close(fd)
