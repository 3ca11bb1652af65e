"""Reading /proc: which process is which, told by start time and boot, not by number.

A PID alone proves nothing, it is used again; PID, start time and boot id together
name one process for ever.  pgx_check imports this, so only `os` is used.
"""

import os

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def _slurp(path: str, limit: int = 65536) -> bytes:
    """Return what *path* in /proc holds.  Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        data = os.read(fd, limit)
        while len(data) < limit and (more := os.read(fd, limit - len(data))):
            data += more
        return data
    finally:
        os.close(fd)


def boot_id() -> str:
    """Return the id of this boot.  Raises OSError when /proc is not mounted."""
    return _slurp(BOOT_ID, 64).decode("ascii", "replace").strip()


def read_stat(pid: int) -> tuple[str, int, int] | None:
    """Return state letter, parent and start time (clock ticks) of *pid*, None when gone.

    One that may not be looked at (hidepid) counts as gone.  Raises OSError when it cannot
    be told, as without a free descriptor: that proves nobody dead.
    """
    try:
        text = _slurp(f"/proc/{pid}/stat", 4096)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    return fields[0].decode(), int(fields[1]), int(fields[19])


def alive(pid: int, start: int) -> bool:
    """Whether *pid* is still the process that began at *start*; a zombie is dead."""
    stat = read_stat(pid)
    return stat is not None and stat[2] == start and stat[0] not in "ZX"


def is_hidden(pid: int) -> bool:
    """Whether *pid* is our user's, lives, and /proc does not show it to us.

    So does hidepid with one whose program has capabilities, or may not be read.
    """
    if pid <= 0 or read_stat(pid) is not None:
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def pids() -> list[int]:
    """Return every PID of this PID namespace.  Raises OSError when /proc is not mounted."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def uid_of(pid: int) -> int | None:
    """Return the effective user id of *pid* from its status, None when gone."""
    try:
        text = _slurp(f"/proc/{pid}/status", 4096)
    except OSError:
        return None
    at = text.find(b"\nUid:")
    return int(text[at + 5 :].split(None, 2)[1]) if at >= 0 else None


def is_program(words: list[str], name: str) -> bool:
    """Whether a command line of *words* runs *name*; an interpreter's come before it."""
    return any(os.path.basename(word) == name for word in words[:4])


def cmdline(pid: int) -> list[str]:
    """Return the arguments of *pid*, an empty list when gone or a kernel thread."""
    try:
        text = _slurp(f"/proc/{pid}/cmdline", 4096)
    except OSError:
        return []
    return text.decode("utf-8", "replace").rstrip("\0").split("\0") if text else []


def exe(pid: int) -> str | None:
    """Return the path of the executable of *pid*, None when it may not be looked into."""
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return None


def cwd(pid: int) -> str | None:
    """Return the working directory of *pid* as the kernel names it; asks no file system."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def cwd_key(pid: int) -> tuple[int, int] | None:
    """Return device and inode of the working directory of *pid*, None when unknown."""
    return link_key(f"/proc/{pid}/cwd")


def same_mounts(pid: int) -> bool:
    """Whether *pid* sees our mounts: a path of a container's is not one of ours.

    One that may not be asked counts as ours.
    """
    return _is_ours(pid, "ns/mnt") and _is_ours(pid, "root")


def same_memory(pid: int) -> bool:
    """Whether *pid* has our System V shared memory: another container uses the same ids."""
    return _is_ours(pid, "ns/ipc")


def _is_ours(pid: int, link: str) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/{link}") == os.readlink(f"/proc/self/{link}")
    except OSError:
        return True


def text(path: str) -> str:
    """Return what *path* in /proc holds, nothing where it may not be looked into."""
    try:
        return _slurp(path, 1 << 24).decode("utf-8", "replace")
    except OSError:
        return ""


# File systems whose stat gives other numbers than the kernel keeps by itself.
_OTHER_NUMBERS = (b"btrfs", b"overlay", b"bcachefs")


def mounts() -> bytes:
    """Return the table of this process's mounts.  Raises OSError."""
    return b"\n" + _slurp("/proc/self/mountinfo", 1 << 24)


def link_key(link: str, table: bytes | None = None) -> tuple[int, int] | None:
    """Return device and inode of what *link*, one of /proc's, leads to; None when unknown.

    The file system is not asked where that can be helped: another instance's disk may
    hang, and with it whoever calls stat on what is there; it may be a container's, in mounts
    of its own.  *table* is what `mounts` said a moment ago: who asks for many reads it once.
    """
    try:
        fd = os.open(link, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        known = _known_key(fd, table or mounts(), link)
        if known is not None:
            return known
        found = os.fstat(fd)
    except OSError:
        return None
    finally:
        os.close(fd)
    return found.st_dev, found.st_ino


def _mounts_at(link: str) -> bytes:
    """Return the table of mounts of the process that *link* is of, empty when it has gone."""
    try:
        return b"\n" + _slurp(f"/proc/{link.split('/')[2]}/mountinfo", 1 << 24)
    except OSError:
        return b""


def _known_key(fd: int, table: bytes, link: str) -> tuple[int, int] | None:
    """Return device and inode as fdinfo (Linux 5.14) and the table of mounts have them."""
    words = _slurp(f"/proc/self/fdinfo/{fd}").split()
    if b"mnt_id:" not in words or b"ino:" not in words:
        return None
    number = words[words.index(b"mnt_id:") + 1]
    line = _mount(table, number) or _mount(_mounts_at(link), number)
    if not line or line[line.index(b"-") + 1] in _OTHER_NUMBERS:
        return None
    major, _, minor = line[2].partition(b":")
    device = os.makedev(int(major), int(minor))
    return device, int(words[words.index(b"ino:") + 1])


def _mount(table: bytes, number: bytes) -> list[bytes]:
    """Return the words of the mount with this *number*, none where it is not in *table*."""
    at = table.find(b"\n" + number + b" ") + 1
    return table[at : table.find(b"\n", at)].split(b" ") if at else []


def monotonic_ms() -> int:
    """Return CLOCK_MONOTONIC in milliseconds."""
    import time

    return time.monotonic_ns() // 1_000_000
