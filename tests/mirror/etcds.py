"""Real etcd as the register of tests, with the face that their arbiter has."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field

from fixtures.etcd import HOST, Etcd
from pgx_mirror.conf.network import Endpoint
from pgx_mirror.core.cell import Cell
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.core.words import Beat
from pgx_mirror.register.etcd.client import EtcdRegister
from pgx_mirror.register.etcd.keys import register_key
from pgx_mirror.register.etcd.place import Place
from tests.mirror.arbiters import SECRET, A, B


@dataclass
class EtcdPlace:
    """A place of its own in *etcd*: a prefix that no other test has."""

    etcd: Etcd
    prefix: str = field(default_factory=lambda: f"/pgx_mirror/{secrets.token_hex(4)}")
    timeout: float = 1.0
    user: str = ""
    password: str = ""

    def place(self, **changes: object) -> Place:
        """Return what a controller is told of it."""
        ends = tuple(Endpoint(HOST, member.client) for member in self.etcd.members)
        given: dict[str, object] = {
            "endpoints": ends,
            "prefix": self.prefix,
            "timeout": self.timeout,
            "user": self.user,
            "password": self.password,
        }
        return Place(**(given | changes))  # type: ignore[arg-type]

    def client(self, me: str, beat: Beat, secret: bytes = SECRET) -> EtcdRegister:
        """Return *me*'s connection."""
        other = B if me == A else A
        return EtcdRegister(self.place(), me, other, beat, interval=0.1)

    def kept(self) -> Kept:
        """What is in etcd, by its own client."""
        found = self.etcd.value(register_key(self.prefix))
        cell = found["cell"]
        return Kept(found["identity"], found["system"], Cell(**cell) if cell else None)

    def write(self, text: str) -> None:
        """Write the register's key by hand."""
        self.etcd.ctl("put", register_key(self.prefix), text)

    def forget(self) -> None:
        """Remove the register's key by hand."""
        self.etcd.ctl("del", register_key(self.prefix))

    def forged(self, **changes: object) -> None:
        """Change the register's key by hand."""
        found = self.etcd.value(register_key(self.prefix))
        self.write(json.dumps(found | changes))


def reap() -> None:
    """Let the kernel forget the children that have ended, as the controller does."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
