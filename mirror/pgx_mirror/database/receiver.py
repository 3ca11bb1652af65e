"""A walreceiver's own end of its connection: what its primary shows as client_addr and port."""

from __future__ import annotations

import ipaddress
import os

from pgx_base import proc
from pgx_postgres.probe.addresses import as_printed

LOCAL = ("", -1)  # as pg_stat_replication has it for a Unix-domain socket
NOT_FOUND = ("", 0)
_ESTABLISHED = "01"


def own_end(pid: int, sender_port: int) -> tuple[str, int]:
    """Return address and port of walreceiver *pid*, whose primary has *sender_port*.

    NOT_FOUND when it has gone or may not be looked into.
    """
    inodes = _sockets(pid)
    for name in ("tcp", "tcp6") if inodes else ():
        found = parse(proc.text(f"/proc/{pid}/net/{name}"), inodes, sender_port)
        if found is not None:
            return found
    return NOT_FOUND


def _sockets(pid: int) -> frozenset[str]:
    try:
        links = [
            os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")
        ]
    except OSError:
        return frozenset()
    return frozenset(link[8:-1] for link in links if link.startswith("socket:["))


def parse(table: str, inodes: frozenset[str], port: int) -> tuple[str, int] | None:
    """Return the local end of the connection to *port* in *table*, None without one.

    *table* is the text of /proc/net/tcp or tcp6, *inodes* the process's sockets.
    """
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 10 or fields[3] != _ESTABLISHED or fields[9] not in inodes:
            continue
        if int(fields[2].partition(":")[2], 16) == port:
            address, _, own = fields[1].partition(":")
            return _plain(as_printed(address)), int(own, 16)
    return None


def _plain(address: str) -> str:
    """Return *address* as a server that hears IPv4 by an IPv4 socket shows it."""
    mapped = getattr(ipaddress.ip_address(address), "ipv4_mapped", None)
    return str(mapped or address)
