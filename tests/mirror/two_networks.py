"""Two network namespaces and a cable between them, of which either direction can be cut."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fixtures.processes import wait_until

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_NOBODY = "02:00:00:00:00:99"


def _enter(fd: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@dataclass
class Side:
    """One namespace, kept by a process of its own."""

    keeper: subprocess.Popen[bytes]
    fd: int
    host: str

    @classmethod
    def made(cls, host: str) -> Side:
        keeper = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        path = f"/proc/{keeper.pid}/ns/net"
        ours = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(path) != ours, "a network namespace")
        return cls(keeper, os.open(path, os.O_RDONLY), host)

    def enter(self) -> None:
        """Have this thread's next sockets in this namespace."""
        _enter(self.fd)

    def ip(self, *words: str) -> None:
        words = ("nsenter", "-t", str(self.keeper.pid), "-n", "ip", *words)
        subprocess.run(words, check=True, capture_output=True)

    def cut(self, other: Side) -> None:
        """Lose what goes from here to *other*: it is sent to an interface that nobody has."""
        words = (other.host, "lladdr", _NOBODY, "dev", "eth0", "nud", "permanent")
        self.ip("neigh", "replace", *words)

    def mend(self, other: Side) -> None:
        """Undo `cut`."""
        self.ip("neigh", "del", other.host, "dev", "eth0")

    def remove(self) -> None:
        self.keeper.kill()
        self.keeper.wait()
        os.close(self.fd)


@contextmanager
def cable() -> Iterator[tuple[Side, Side]]:
    """Yield two sides that reach each other; this thread is back in its own at the end."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    sides = Side.made("10.9.0.1"), Side.made("10.9.0.2")
    try:
        one, other = sides
        peer = ("peer", "eth0", "netns", str(other.keeper.pid))
        one.ip("link", "add", "eth0", "type", "veth", *peer)
        for side in sides:
            side.ip("addr", "add", f"{side.host}/24", "dev", "eth0")
            side.ip("link", "set", "lo", "up")
            side.ip("link", "set", "eth0", "up")
        yield sides
    finally:
        _enter(back)
        os.close(back)
        for side in sides:
            side.remove()


def entering(side: Side) -> Callable[[], None]:
    """Return what enters *side*."""
    return side.enter
