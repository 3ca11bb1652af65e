"""Listening on an address of network.conf, and saying who is there already."""

from __future__ import annotations

import errno
import socket

from pgx_base.failure import Failure, Passing
from pgx_base.text import quoted
from pgx_mirror.sockets import holders
from pgx_mirror.sockets.names import wait_for
from pgx_mirror.sockets.places import Place

BACKLOG = 16


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at *port* of each address of *host*; they do not block.

    Raises Failure, which names the process that has the port.  A host name is waited for,
    `names.DEADLINE` at most.
    """
    found: list[socket.socket] = []
    try:
        for place in wait_for(host, port):
            found.append(_listen(place))
    except OSError as ex:
        for listener in found:
            listener.close()
        raise _refused(host, port, ex) from ex
    return found


def _listen(place: Place) -> socket.socket:
    listener = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if place.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setblocking(False)
        listener.bind(place.address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _refused(host: str, port: int, ex: OSError) -> Failure:
    detail = hint = None
    if ex.errno == errno.EADDRINUSE:
        detail = holders.shown(port)
        hint = "Stop it, or give both servers' network.conf another port."
    elif ex.errno == errno.EADDRNOTAVAIL:
        detail = "No network interface of this server has this address."
        hint = "Correct network.conf, or bring the admin network up."
    why = ex.strerror or str(ex)
    # A network, or its name service (no errno), may come up later than its users.
    kind = Passing if ex.errno in (errno.EADDRNOTAVAIL, None) else Failure
    return kind(
        f"could not listen on {quoted(host)} port {port}: {why}",
        detail=detail,
        hint=hint,
    )
