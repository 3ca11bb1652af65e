"""A relay between two links, stepped by the test: it holds back, records and changes bytes."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

UP, DOWN = "up", "down"  # from who dialled, and to it


@dataclass
class _Way:
    source: socket.socket
    target: socket.socket
    waits: bytes = b""
    seen: bytes = b""


@dataclass
class Passage:
    """One connection through the relay."""

    ways: dict[str, _Way]
    held: set[str] = field(default_factory=set)
    flip: int | None = None  # which byte of what the dialler says is changed
    over: bool = False

    def step(self) -> None:
        for name, way in self.ways.items():
            if self.over or name in self.held:
                continue
            try:
                way.waits += self._read(name, way)
                sent = way.target.send(way.waits) if way.waits else 0
                way.waits = way.waits[sent:]
            except BlockingIOError:
                continue
            except OSError:
                self.close()

    def _read(self, name: str, way: _Way) -> bytes:
        try:
            data = bytearray(way.source.recv(65536))
        except BlockingIOError:
            return b""
        if not data:
            self.close()
        at = -1 if name == DOWN or self.flip is None else self.flip - len(way.seen)
        way.seen += bytes(data)
        if 0 <= at < len(data):
            data[at] ^= 1
        return bytes(data)

    def close(self) -> None:
        self.over = True
        for way in self.ways.values():
            way.source.close()


@dataclass
class Relay:
    """Listens at *port* and leads to *target*, both of 127.0.0.1; *held* for new passages."""

    port: int
    target: int
    held: set[str] = field(default_factory=set)
    flip: int | None = None
    passages: list[Passage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.setblocking(False)

    def step(self) -> None:
        try:
            dialled, _ = self._listener.accept()
        except BlockingIOError:
            pass
        else:
            self._lead(dialled)
        for passage in self.passages:
            passage.step()

    def _lead(self, dialled: socket.socket) -> None:
        try:
            led = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            dialled.close()
            return
        dialled.setblocking(False)
        led.setblocking(False)
        ways = {UP: _Way(dialled, led), DOWN: _Way(led, dialled)}
        self.passages.append(Passage(ways, set(self.held), self.flip))

    def hold(self, *ways: str) -> None:
        """Hold back *ways* of each connection, those to come too."""
        self.held = set(ways)
        for passage in self.passages:
            passage.held = set(ways)

    def close(self) -> None:
        self._listener.close()
        for passage in self.passages:
            passage.close()
