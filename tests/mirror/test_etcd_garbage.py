"""Whatever answers in etcd's place: it is told, and nothing of it is believed."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest

from pgx_mirror.conf.network import Endpoint
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.core.words import PRIMARY, Beat
from pgx_mirror.register.etcd.client import EtcdRegister
from pgx_mirror.register.etcd.place import Place
from tests.mirror.arbiters import SYSTEM, A, B, Talker, turn_until
from tests.mirror.etcds import reap

NOT_ETCD = "what answers there is not etcd"
HEADER = {"revision": "1", "cluster_id": "2"}
LONG, SHORT = (
    30.0,
    0.5,
)  # seconds for an answer: for one that comes, and for one that does not


@contextmanager
def _answering(
    *answers: bytes | None, asked: list[bytes] | None = None
) -> Iterator[int]:
    """Serve *answers* in turn to who asks, None to let them wait; yields the port."""
    in_turn = cycle(answers)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                taken.append(sock)
                if (data := next(in_turn)) is not None:
                    _served(sock, data)
                    if asked is not None:
                        asked.append(data)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for sock in taken:
                sock.close()


def _served(sock: socket.socket, data: bytes) -> None:
    """Say *data* to a request that was read whole: who closes before loses what it said."""
    heard = b""
    while not _whole(heard) and (more := sock.recv(65536)):
        heard += more
    try:
        sock.sendall(data)
    except OSError:
        pass  # the other end has seen enough
    sock.close()


def _whole(heard: bytes) -> bool:
    head, end, body = heard.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end and length and len(body) == int(length[1]))


def _http(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _json(found: object) -> bytes:
    return _http(json.dumps(found).encode())


class There:
    """What is told to be etcd at *port*."""

    def __init__(self, port: int, timeout: float) -> None:
        self._place = Place((Endpoint("127.0.0.1", port),), "/x", timeout=timeout)

    def client(self, me: str, beat: Beat, secret: bytes = b"") -> EtcdRegister:
        return EtcdRegister(self._place, me, B, beat, interval=0.1)

    def kept(self) -> Kept:
        raise NotImplementedError


def _why(port: int, timeout: float = LONG) -> str:
    with Talker(There(port, timeout), A, PRIMARY, limit=2 * LONG) as one:
        turn_until(lambda: one.losses or one.known, "a word", one)
        reap()
        assert not one.known
        return one.losses[0].why


GARBAGE = [
    (b"", "it has closed the connection"),
    (b"SSH-2.0-OpenSSH\r\n", NOT_ETCD),
    (b"\0" * 4096, NOT_ETCD),
    (_http(b"<html>"), f"{NOT_ETCD} (HTTP status 200)"),
    (_http(b"[" * 100_000), f"{NOT_ETCD} (HTTP status 200)"),
    (_http(b"[]"), f"{NOT_ETCD} (HTTP status 200)"),
    (_http(b"x" * 300_000), "its answer is too long"),
    (
        _http(b"", "302 Found\r\nLocation: http://127.0.0.1:1/"),
        f"{NOT_ETCD} (HTTP status 302)",
    ),
    (_json({}), NOT_ETCD),
    (_json({"ID": "x"}), NOT_ETCD),
    (_json({"ID": "1"}), NOT_ETCD),
    (_json({"ID": "1", "header": {"revision": []}}), NOT_ETCD),
    (
        _json({"ID": "1", "header": HEADER, "responses": [{"response_range": 1}]}),
        NOT_ETCD,
    ),
    (_json({"ID": "1", "header": HEADER, "responses": {}}), NOT_ETCD),
    (_json({"error": "x\n\x1b[2J" + 999 * "y", "code": 99}), "x [2J" + 115 * "y"),
    (  # as newer gateways say it
        _http(b'{"code": 3, "message": "etcdserver: x", "details": []}', "400 Bad"),
        "x",
    ),
    (_http(b'{"error": {"code": 5, "message": "y"}}', "200 OK"), "y"),
    (None, "no answer within 0.5 s"),
]


@pytest.mark.parametrize(("said", "why"), GARBAGE)
def test_what_is_not_etcd_is_not_believed(said: bytes | None, why: str) -> None:
    with _answering(said) as port:
        found = _why(port, SHORT if said is None else LONG)
    assert found.removeprefix(f"127.0.0.1:{port}: ").startswith(why)
    assert SYSTEM not in found


def test_nobody_there_is_told() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        assert _why(port) == f"127.0.0.1:{port}: connection refused"


def test_a_reason_is_told_once_while_it_is_away() -> None:
    """Though it fails now in this way and now in that."""
    asked: list[bytes] = []
    # Odd: of each two that ask one is a probe, whose reasons are nobody's to hear.
    ways = (b"", b"SSH-2.0-OpenSSH\r\n", b"")
    with (
        _answering(*ways, asked=asked) as port,
        Talker(There(port, LONG), A, PRIMARY, limit=2 * LONG) as one,
    ):
        turn_until(lambda: len(one.losses) >= 2, "each way is seen", one)
        told = len(asked) + 8
        turn_until(lambda: len(asked) > told, "it is tried again and again", one)
        reap()
        assert len(one.losses) == len({loss.why for loss in one.losses}) == 2
