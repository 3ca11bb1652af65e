"""A child that writes, struck at one of its writes after another: by SIGKILL, or by an error.

strace counts the calls of a child that is left alone; then a child for each of them meets
its fate as it enters that call.  Works as an ordinary user too.  The children are forked,
since a new interpreter for each would take ten times as long.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_base import proc

CALLS = (
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "pwrite64", "ftruncate",
    "fsync", "fchmod", "fchown", "fsetxattr", "flock", "fallocate", "link", "linkat",
)  # fmt: skip
KILLED = "signal=KILL"
Action = Callable[[], object]
_CALL = re.compile(r"^(\w+)\(", re.MULTILINE)
_SET_PTRACER, _ANYBODY = 0x59616D61, -1


def ended(action: Action, user: OsUser | None = None) -> str:
    """Return how a child ended that did *action*: `done`, or its error's class and number."""
    return _Child(action, user).result()


class _Child:
    """A forked child of *user*'s that waits for a word before it begins."""

    def __init__(self, action: Action, user: OsUser | None) -> None:
        wait, self.word = os.pipe()
        self.told, tell = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            text = b"failed"
            try:
                os.close(self.word)
                _become(user)
                os.read(wait, 1)
                text = _outcome(action).encode()
            finally:
                os.write(tell, text)
                os._exit(0)
        os.close(wait)
        os.close(tell)

    def result(self) -> str:
        """Let it go, and return what it said at its end: nothing when it was killed."""
        os.close(self.word)
        with open(self.told, "rb") as told:
            text = told.read().decode()
        os.waitpid(self.pid, 0)
        return text


def traced(pid: int, tracer: int) -> bool:
    """Whether strace, the process *tracer*, has the calls of *pid* told from now on.

    It is known as the tracer a moment before it interrupts who is traced; then it waits.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True  # it has ended
    stat = proc.read_stat(tracer)
    return "TracerPid:\t0\n" not in status and stat is not None and stat[0] == "S"


def _become(user: OsUser | None) -> None:
    if user is not None and user.other:
        os.setgroups([user.gid])
        os.setgid(user.gid)
        os.setuid(user.uid)
    ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)


def _outcome(action: Action) -> str:
    try:
        action()
    except OSError as ex:
        return f"{type(ex).__name__} {ex.errno}"
    return "done"


class Struck:
    """Has children of ours, or of *user*, do *action* and meet their fate."""

    def __init__(self, action: Action, log: Path, user: OsUser | None = None) -> None:
        if reason := missing("strace"):
            pytest.skip(reason)
        self.action, self.log, self.user = action, log, user

    def run(self, *fates: str) -> str:
        """Return how a child ended with *fates*, empty when it was killed."""
        child = _Child(self.action, self.user)
        calls = ",".join(f"?{call}" for call in CALLS)
        strace = ["strace", "-qq", "-o", str(self.log), "-e", f"trace={calls}"]
        strace += [word for fate in fates for word in ("-e", f"inject={fate}")]
        tracer = subprocess.Popen(
            [*strace, "-p", str(child.pid)], stderr=subprocess.PIPE, text=True
        )
        wait_until(
            lambda: traced(child.pid, tracer.pid) or tracer.poll() is not None,
            "strace is there",
        )
        text = child.result()
        _, said = tracer.communicate(timeout=60)
        if "ptrace" in said:
            pytest.skip(f"strace cannot trace here: {said}")
        assert not said, said
        return text

    def everywhere(
        self, fate: str, prepare: Action, syncs: int = 2
    ) -> Iterator[tuple[str, str]]:
        """Strike at one call after another; yield where, and how that child ended."""
        prepare()
        assert self.run() == "done"
        counted = Counter(_CALL.findall(self.log.read_text()))
        assert counted["fsync"] >= syncs, counted
        for call, count in counted.items():
            for number in range(1, count + 1):
                prepare()
                yield f"{call} {number}", self.run(f"{call}:{fate}:when={number}")
