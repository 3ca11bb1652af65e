"""The child that speaks with etcd, and may wait for it: a request a line, an answer a line.

It ends with the reason as soon as etcd gives no answer: what was asked is not known then.
It is one connection to the register, as the controller has one to an arbiter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from pgx_mirror.register import payloads
from pgx_mirror.register.core.words import Beat, Request
from pgx_mirror.register.etcd import http
from pgx_mirror.register.etcd.gateway import Away, Gateway
from pgx_mirror.register.etcd.keys import register_key
from pgx_mirror.register.etcd.place import Place
from pgx_mirror.register.etcd.probes import Probes
from pgx_mirror.register.etcd.service import Service
from pgx_mirror.register.etcd.store import Store
from pgx_mirror.wire.refused import Garbage
from pgx_mirror.wire.words import pack, unpack

_CHUNK = 1 << 16
_LONGEST = 1000  # characters of a reason


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is begun with.

    first  the endpoint that is tried first, by its number
    seen   the revision of the register that was read last, 0 for none
    """

    place: Place
    me: str
    other: str
    first: int = 0
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the child's: an answer, or that there are no more, and why.

    seen     the revision of the register
    refused  it will not be otherwise soon
    online   the members that answer, None where that is not known yet
    """

    payload: bytes = b""
    seen: int = 0
    why: str = ""
    refused: bool = False
    online: tuple[str, ...] | None = None


@dataclass(slots=True)
class _Requests:
    """What the controller asks, by its pipe."""

    fd: int
    _held: bytes = b""
    _lines: list[bytes] = field(default_factory=list)

    def batches(self) -> Iterator[list[tuple[int, Request]]]:
        """Yield what is to be answered, until the controller is gone.

        Beats that have waited for etcd together are one.
        """
        while self._more():
            yield self._batch()

    def _more(self) -> bool:
        while not self._lines:
            data = os.read(self.fd, _CHUNK)
            if not data:
                return False
            *self._lines, self._held = (self._held + data).split(b"\n")
        return True

    def _batch(self) -> list[tuple[int, Request]]:
        found = [payloads.read_asked(self._lines.pop(0))]
        while isinstance(found[-1][1], Beat) and self._lines:
            following = payloads.read_asked(self._lines[0])
            if not isinstance(following[1], Beat):
                break
            found.append(following)
            del self._lines[0]
        return found


def serve(task: Task, read_fd: int, write_fd: int) -> None:
    """Answer what comes from *read_fd*, until its end, or until etcd does not."""
    try:
        tls = task.place.tls
        context = http.context(tls) if tls else None
    except (OSError, ValueError) as ex:
        why = f"its TLS files cannot be used: {http.reason_of(ex)}"
        _say(write_fd, Said(why=why, refused=True))
        return
    gateway = Gateway(task.place, context, task.first)
    store = Store(gateway, task.place.prefix, task.me, task.other, task.seen)
    service = Service(store, task.me, task.other)
    key = register_key(task.place.prefix)
    probes = Probes(task.place, context, key, lambda: gateway.token)
    probes.start()
    try:
        for batch in _Requests(read_fd).batches():
            identity, reply = service.answer(batch[-1][1])
            for number, _ in batch:
                payload = payloads.answered(number, identity, reply)
                _say(write_fd, Said(payload, store.seen, online=probes.online))
    except Away as ex:
        _say(write_fd, Said(seen=store.seen, why=str(ex), refused=ex.refused))
    except Exception as ex:  # noqa: BLE001  # it must say something, whatever happened
        _say(write_fd, Said(why=f"{type(ex).__name__} in the process that asks it"))


def _say(fd: int, said: Said) -> None:
    line = {
        "answer": said.payload.decode(),
        "seen": said.seen,
        "why": said.why[:_LONGEST],
        "refused": said.refused,
        "online": said.online,
    }
    data = pack(line) + b"\n"
    while data:
        data = data[os.write(fd, data) :]


def heard(line: str) -> Said:
    """Return what a child's *line* says.  Raises Garbage."""
    try:
        found = unpack(line.encode())
        online = found["online"]
        return Said(
            found["answer"].encode(),
            found["seen"],
            found["why"],
            found["refused"],
            None if online is None else tuple(online),
        )
    except (KeyError, AttributeError, UnicodeError) as ex:
        raise Garbage("a line that a child does not say") from ex
