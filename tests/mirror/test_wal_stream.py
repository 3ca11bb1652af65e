"""A server that lets somebody stream in, and is frozen then, holds nobody up for ever."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pgx_mirror.database import wal_stream
from pgx_mirror.database.trouble import Lost, TooLate

_OK = b"R" + struct.pack(">ii", 8, 0)
_READY = b"Z" + struct.pack(">i", 5) + b"I"


@contextmanager
def _frozen(*, lets_in: bool) -> Iterator[str]:
    """Let one in, or not even that, and answer nothing more; yields how it is connected to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            sock, _ = listener.accept()
            taken.append(sock)
            sock.recv(4096)
            if lets_in:
                sock.sendall(_OK + _READY)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield f"host=127.0.0.1 port={port} sslmode=disable gssencmode=disable user=x"
        finally:
            thread.join()
            for sock in taken:
                sock.close()


@pytest.mark.parametrize("lets_in", [True, False])
def test_who_gets_no_answer_gives_up(
    monkeypatch: pytest.MonkeyPatch, lets_in: bool
) -> None:
    """Other threads run meanwhile: this one's server is one of them."""
    monkeypatch.setattr(wal_stream, "_SILENCE", 0.2)
    monkeypatch.setattr(wal_stream, "_CONNECTS", 30.0 if lets_in else 0.2)
    with _frozen(lets_in=lets_in) as conninfo, pytest.raises(TooLate):
        list(wal_stream.read(conninfo, 1, 0, 8192))


def test_where_nobody_listens_the_reason_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Lost, match="onnection refused"):
        list(wal_stream.read(f"host=127.0.0.1 port={port}", 1, 0, 8192))
