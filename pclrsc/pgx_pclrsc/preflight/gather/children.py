"""Questions that may hang, each asked in a child with a deadline, all of them at once.

A child that has become the OS user looks at what that user owns: root follows no link
there.  One that does not answer is left to the kernel, and what it waits for is told.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from pgx_base import program, users
from pgx_base.child import Child
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.users import Account
from pgx_pclrsc.preflight.core import plain
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_postgres.processes import holdings

PATIENCE = 5.0  # seconds
Seen = TypeVar("Seen")


class NotSeen(Exception):
    """A fact cannot be seen; the text says why, *expected* that nothing is wrong with that."""

    def __init__(self, why: str, *, expected: bool = True) -> None:
        super().__init__(why)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be found out, as which *user* (None: as whom we are), in what time."""

    work: Callable[[], Any]
    user: Account | None = None
    seconds: float = PATIENCE


class Asked:
    """What became of jobs, by their names."""

    def __init__(self, said: Mapping[str, str | Unknown]) -> None:
        self._said = said

    def take(self, name: str, of: type[Seen]) -> Seen | Unknown:
        """Return what job *name* has found, which is an *of*."""
        said = self._said[name]
        if isinstance(said, Unknown):
            return said
        answer = json.loads(said)
        if "result" in answer:
            return plain.decode(of, answer["result"], name)
        return plain.decode(Unknown, answer["unknown"], name)


class _Open:
    """One child, what it has said so far, and until when it is heard."""

    def __init__(self, job: Job) -> None:
        self.child = Child(partial(_answer, job))
        self.until = time.monotonic() + job.seconds
        self.seconds = job.seconds
        self.lines: list[str] = []

    def hear(self) -> bool:
        """Take what it has said; return whether that is all."""
        self.lines += self.child.hear()
        return self.child.ended

    def end(self) -> str | Unknown:
        """Let it go, and return its answer."""
        stuck = "" if self.child.ended else holdings.wait_channel(self.child.pid)
        self.child.close()
        if self.lines:
            return self.lines[0]
        if self.child.ended:
            return Unknown("whoever looked has ended without a word")
        where = f"; it waits in the kernel at {stuck}" if stuck else ""
        return Unknown(f"no answer within {self.seconds:g} s{where}")


def ask(jobs: Mapping[str, Job]) -> Asked:
    """Do all *jobs* beside each other, and return what is known when the last is over."""
    said: dict[str, str | Unknown] = {}
    waiting: dict[str, _Open] = {}
    for name, job in jobs.items():
        try:
            waiting[name] = _Open(job)
        except OSError as ex:
            said[name] = Unknown(f"could not start a child process: {ex.strerror}")
    while waiting:
        _wait(list(waiting.values()))
        over = [n for n, one in waiting.items() if one.hear() or _is_late(one)]
        said |= {name: waiting.pop(name).end() for name in over}
    return Asked(said)


def _is_late(one: _Open) -> bool:
    return time.monotonic() >= one.until


def _wait(waiting: list[_Open]) -> None:
    first = min(one.until for one in waiting) - time.monotonic()
    poll = select.poll()
    for one in waiting:
        poll.register(one.child.fd, select.POLLIN)
    poll.poll(max(0.0, first) * 1000)


def _answer(job: Job, reads: int, writes: int) -> None:
    """Do *job* in its child, and write down what it has found."""
    try:
        if job.user is not None:
            users.become(job.user)
        os.umask(0o077)
        answer = {"result": plain.encode(job.work())}
    except BaseException as ex:  # noqa: BLE001  # the child must not run on as a second parent
        answer = {"unknown": {"why": _why(ex), "expected": _is_expected(ex)}}
    data = (json.dumps(answer) + "\n").encode()
    while data:
        data = data[os.write(writes, data) :]


def _is_expected(problem: BaseException) -> bool:
    return isinstance(problem, NotSeen) and problem.expected


def _why(problem: BaseException) -> str:
    if isinstance(problem, NotSeen):
        return str(problem)
    if isinstance(problem, OSError) and problem.strerror:
        named = f"{problem.filename}: " if problem.filename else ""
        return f"{named}{problem.strerror}"
    failure = program.as_failure(problem)
    return failure.primary + (f" ({failure.detail})" if failure.detail else "")


def failure_text(problem: Failure) -> str:
    """Return *problem* in one clause."""
    detail = f": {problem.detail.rstrip('.')}" if problem.detail else ""
    return f"{problem.primary}{detail}"
