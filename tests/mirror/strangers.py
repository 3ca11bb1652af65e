"""Somebody who connects to a link and is not the peer."""

from __future__ import annotations

import socket

from pgx_mirror.peer.settings import Settings


def connect(settings: Settings, source: str = "127.0.0.9") -> socket.socket:
    """Return a stranger's connection to the link of *settings*."""
    place = settings.mine.host, settings.mine.port
    return socket.create_connection(place, source_address=(source, 0))


def gone(sock: socket.socket) -> bool:
    """Whether the other end has closed *sock*."""
    sock.setblocking(False)
    try:
        while sock.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
