"""What is seen of the node itself, by whoever runs the command.

Root reads only what root alone can have put there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from pgx_base import mounts, version
from pgx_base.failure import Failure
from pgx_pclrsc import fstab, node
from pgx_pclrsc.preflight.core.disk_facts import Entry, FileSystems, Mounted
from pgx_pclrsc.preflight.core.facts import (
    Account,
    HugePages,
    Listening,
    Machine,
    Services,
)

_LOGIND = ("/usr/lib/systemd", "/run/systemd", "/etc/systemd")
_REMOVE = re.compile(r"^\s*(#?)\s*RemoveIPC\s*=\s*(\w+)", re.MULTILINE)
_SYSTEM_UIDS = re.compile(r"^\s*SYS_UID_MAX\s+([0-9]{1,9})", re.MULTILINE)
_SERVICE = re.compile(r"^\s*([^\s#]\S*)\s+([0-9]{1,5})/tcp\b", re.MULTILINE)
_LARGEST = 1 << 22  # bytes
_LISTENS = "0A"
_FIRST_PORT = 1024


def slurp(path: str) -> str:
    """Return what *path* holds, nothing where it cannot be read; no FIFO is waited for."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(fd, "rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def account(name: str) -> Account:
    """Return OS user *name* as the user database has it: that may hang."""
    import pwd

    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return Account(there=False)
    groups = tuple(sorted(os.getgrouplist(name, found.pw_gid)))
    return Account(True, found.pw_uid, found.pw_gid, groups, found.pw_dir)


def machine(os_user: str) -> Machine:
    """Return what this node is."""
    return Machine(
        node.this_node(os.environ),
        os.confstr("CS_GNU_LIBC_VERSION") or "",
        huge_pages(slurp("/proc/meminfo")),
        os.path.isdir("/run/systemd/system"),
        "no" if _lingers(os_user) else remove_ipc(_logind_files()),
        last_system_uid(slurp("/etc/login.defs")),
        version.VERSION,
    )


def huge_pages(meminfo: str) -> HugePages:
    """Return the huge pages that *meminfo* tells of.  Pure."""
    found = dict(re.findall(r"^(Huge\w+):\s+([0-9]{1,15})", meminfo, re.MULTILINE))
    names = ("Hugepagesize", "HugePages_Total", "HugePages_Free")
    return HugePages(*(int(found.get(name, 0)) for name in names))


def _lingers(user: str) -> bool:
    return os.path.exists(f"/var/lib/systemd/linger/{user}")


def _logind_files() -> list[str]:
    """Return the texts of logind's files, the one that counts most last."""
    texts = [slurp(f"{where}/logind.conf") for where in _LOGIND]
    parts: dict[str, str] = {}
    for where in _LOGIND:
        for name in _names(f"{where}/logind.conf.d"):
            parts[name] = slurp(f"{where}/logind.conf.d/{name}")
    return texts + [parts[name] for name in sorted(parts)]


def _names(directory: str) -> list[str]:
    try:
        return [name for name in os.listdir(directory) if name.endswith(".conf")]
    except OSError:
        return []


def remove_ipc(texts: list[str]) -> str:
    """Return logind's RemoveIPC: what is set last, else the default in a comment.  Pure."""
    told = [match for text in texts for match in _REMOVE.findall(text)]
    active = [value for comment, value in told if not comment]
    default = [value for comment, value in told if comment]
    value = [*default, *active][-1].lower() if told else "yes"
    return "no" if value in ("no", "false", "off", "0") else "yes"


def last_system_uid(login_defs: str) -> int:
    """Return the highest uid of a system user.  Pure."""
    match = _SYSTEM_UIDS.search(login_defs)
    return int(match[1]) if match else 999


def file_systems() -> FileSystems:
    """Return what is to be mounted, and what is."""
    unread, entries = "", []
    try:
        entries = fstab.read()
    except Failure as ex:
        unread = ex.primary
    told = (
        Entry(e.file, e.source, e.mount_point, e.fs_type, e.options, e.rms)
        for e in entries
    )
    table = (Mounted(m.point, m.kind, m.source) for m in mounts.mounted())
    return FileSystems(tuple(told), tuple(table), unread)


def services(path: str = "/etc/services") -> Services:
    """Return the services of the file, which the manual asks for by name."""
    text = slurp(path)
    if not text:
        return Services((), f"{path} is empty, or cannot be read")
    found = _SERVICE.findall(text)
    return Services(tuple((n, int(p)) for n, p in found if int(p) >= _FIRST_PORT))


def listening() -> Listening:
    """Return who listens here."""
    ports = {
        port for name in ("tcp", "tcp6") for port in _ports(slurp(f"/proc/net/{name}"))
    }
    words = (line.split(None, 7) for line in slurp("/proc/net/unix").splitlines())
    paths = {word[7] for word in words if len(word) > 7 and ".s.PGSQL." in word[7]}
    return Listening(tuple(sorted(ports)), tuple(sorted(paths)))


def _ports(table: str) -> Iterator[int]:
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 3 and words[3] == _LISTENS:
            yield int(words[1].rpartition(":")[2], 16)
