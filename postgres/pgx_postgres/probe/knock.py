"""Why did a connection fail?  Asked of the kernel by connecting once more, not of a text.

libpq tells it in a localised message only.
"""

from __future__ import annotations

import errno
import select
import socket

from pgx_postgres.probe.addresses import Address
from pgx_postgres.watch.classify import Silence

_FOUND_BY = {
    0: Silence.PASSED,
    errno.EAGAIN: Silence.FULL,
    errno.EINPROGRESS: Silence.FULL,
    errno.ECONNRESET: Silence.PASSED,
    errno.EADDRNOTAVAIL: Silence.NO_PORT,
    errno.ECONNREFUSED: Silence.REFUSED,
    errno.ENOENT: Silence.NO_SOCKET,
    errno.ENOTDIR: Silence.NO_SOCKET,
    errno.EACCES: Silence.NO_SOCKET,
    errno.ENOTSOCK: Silence.NO_SOCKET,
}


def knock(address: Address) -> Silence:
    """Return what connecting to *address* meets with now; never waits."""
    try:
        if address.is_local:
            return _FOUND_BY.get(_local(address), Silence.CUT)
        return _FOUND_BY.get(_tcp(address), Silence.CUT)
    except OSError:
        return Silence.CUT  # no socket to be had for ourselves


def _local(address: Address) -> int:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.setblocking(False)
        return sock.connect_ex(address.socket_path)


def _tcp(address: Address) -> int:
    """Return the error, EINPROGRESS where nobody has answered by now.

    The address is one of this node's: who has room answers before connect returns.
    """
    family = socket.AF_INET6 if ":" in address.hostaddr else socket.AF_INET
    with socket.socket(family) as sock:
        sock.setblocking(False)
        code = sock.connect_ex((address.hostaddr, address.port))
        if code != errno.EINPROGRESS:
            return code
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        if not poll.poll(0):
            return code
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
