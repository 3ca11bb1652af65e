"""Where does this postmaster listen?

Told by the sockets that it has open, then by postmaster.pid: a socket directory or a
numeric address, never a name, since libpq would resolve one in the foreground and
DNS may hang.  A wildcard means loopback.
"""

from __future__ import annotations

import os
import socket

from pgx_base.light.dataclasses import dataclass
from pgx_postgres.pidfile import PidFile

_PREFIX = ".s.PGSQL."
_LISTENS = "0A"  # TCP_LISTEN (net/tcp_states.h)
_ACCEPTS = "00010000"  # __SO_ACCEPTCON in the flags of /proc/net/unix
_LONGEST_PATH = 107  # sun_path without its final NUL


@dataclass(frozen=True, slots=True)
class Address:
    """One place to connect to: *host* is a socket directory, else *hostaddr* is numeric."""

    port: int
    host: str = ""
    hostaddr: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it is a Unix-domain socket."""
        return bool(self.host)

    @property
    def socket_path(self) -> str | bytes:
        """The Unix-domain socket as `connect` takes it."""
        path = f"{self.host}/{_PREFIX}{self.port}"
        return b"\0" + os.fsencode(path[1:]) if path.startswith("@") else path

    def __str__(self) -> str:
        return (
            f"{self.host}:{self.port}" if self.host else f"{self.hostaddr}:{self.port}"
        )


def listening(pid: int) -> list[Address]:
    """Return where *pid* listens, local sockets first; empty when it cannot be looked at."""
    inodes = _socket_inodes(pid)
    if not inodes:
        return []
    found = parse_unix(_lines(f"/proc/{pid}/net/unix"), inodes, f"/proc/{pid}/cwd")
    for name in ("tcp", "tcp6"):
        found += parse_tcp(_lines(f"/proc/{pid}/net/{name}"), inodes)
    return found


def _socket_inodes(pid: int) -> frozenset[str]:
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return frozenset()
    links = (_link(f"/proc/{pid}/fd/{fd}") for fd in descriptors)
    return frozenset(link[8:-1] for link in links if link.startswith("socket:["))


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().split("\n")[1:]
    except OSError:
        return []


def parse_unix(
    lines: list[str], inodes: frozenset[str], directory: str
) -> list[Address]:
    """Return the server's sockets among *lines* of /proc/net/unix.

    *directory* is what a relative path is relative to.
    """
    found = []
    for line in lines:
        fields = line.split(None, 7)
        if len(fields) < 8 or fields[6] not in inodes or fields[3] != _ACCEPTS:
            continue
        address = _local(fields[7], directory)
        if address is not None:
            found.append(address)
    return found


def _local(path: str, directory: str) -> Address | None:
    host, slash, name = path.rpartition("/")
    port = name.removeprefix(_PREFIX)
    if not slash or port == name or not port.isdigit():
        return None
    return Address(int(port), host=_absolute(host, directory))


def _absolute(host: str, directory: str) -> str:
    """Return *host* as libpq takes it for a directory: absolute, or abstract with `@`."""
    if host.startswith(("/", "@")):
        return host
    return os.path.join(directory, host)


def parse_tcp(lines: list[str], inodes: frozenset[str]) -> list[Address]:
    """Return the listening sockets among *lines* of /proc/net/tcp or tcp6."""
    found = []
    for line in lines:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTENS and fields[9] in inodes:
            address, port = fields[1].split(":")
            found.append(Address(int(port, 16), hostaddr=numeric(as_printed(address))))
    return [address for address in found if not address.hostaddr.startswith("fe80:")]


def as_printed(text: str) -> str:
    """Return the address that the kernel prints as words in the machine's byte order."""
    words = [bytes.fromhex(text[i : i + 8])[::-1] for i in range(0, len(text), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words))


def numeric(text: str) -> str:
    """Return the numeric address to connect to for listen address *text*, "" for a name."""
    known = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    if text in known:
        return known[text]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return text
    return ""


def from_pidfile(found: PidFile, data_directory: str) -> list[Address]:
    """Return what postmaster.pid alone tells."""
    if found.port is None:
        return []
    addresses = []
    if found.socket_directory:
        host = _absolute(found.socket_directory, data_directory)
        addresses.append(Address(found.port, host=host))
    hostaddr = numeric(found.listen_address or "")
    if hostaddr:
        addresses.append(Address(found.port, hostaddr=hostaddr))
    return addresses


def of_server(pid: int, found: PidFile | None, data_directory: str) -> list[Address]:
    """Return where to connect, the best first: local before TCP, seen before told."""
    seen = listening(pid)
    told = from_pidfile(found, data_directory) if found is not None else []
    known = list(dict.fromkeys(seen if seen else told))
    first = told[0] if told else None
    usable = [one for one in known if _fits(one)]
    return sorted(usable, key=lambda one: (not one.is_local, one != first))


def _fits(address: Address) -> bool:
    return (
        not address.is_local or len(os.fsencode(address.socket_path)) <= _LONGEST_PATH
    )
