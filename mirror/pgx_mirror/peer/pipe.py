"""A connection without its socket: TLS where it is used, in it the channel.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pgx_mirror.wire.channel import Channel


class Layer(Protocol):
    """What is around the channel."""

    ready: bool
    binding: bytes

    def incoming(self, data: bytes) -> bytes:
        """Return the channel's bytes in the socket's *data*."""

    def outgoing(self, data: bytes) -> bytes:
        """Return the socket's bytes for the channel's *data*."""


class Clear:
    """No TLS."""

    ready = True
    binding = b""

    def incoming(self, data: bytes) -> bytes:
        """Return *data*."""
        return data

    def outgoing(self, data: bytes) -> bytes:
        """Return *data*."""
        return data


class Pipe:
    """Payloads on one side, the socket's bytes on the other.

    *channel* is made once the layer around it is there, of what binds it to that.
    """

    def __init__(self, layer: Layer, channel: Callable[[bytes], Channel]) -> None:
        self._layer, self._make = layer, channel
        self._channel: Channel | None = None

    def incoming(self, data: bytes) -> list[bytes]:
        """Return the payloads that *data* completes.  Raises Refused."""
        clear = self._layer.incoming(data)
        channel = self._there()
        return [] if channel is None else channel.incoming(clear)

    def outgoing(self) -> bytes:
        """Return what the socket is to send now; it is forgotten here."""
        channel = self._there()
        return self._layer.outgoing(b"" if channel is None else channel.outgoing())

    def send(self, payload: bytes) -> None:
        """Send *payload*, once it is open.  Raises ValueError."""
        assert self._channel is not None
        self._channel.send(payload)

    @property
    def open(self) -> bool:
        """Whether both ends have proved the secret."""
        return self._channel is not None and self._channel.open

    @property
    def who(self) -> str:
        """The other end's identifier, once it is open."""
        return self._channel.who if self._channel is not None else ""

    def _there(self) -> Channel | None:
        if self._channel is None and self._layer.ready:
            self._channel = self._make(self._layer.binding)
        return self._channel
