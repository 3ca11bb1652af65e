"""Programs for tests to have called, and how they are called."""

from __future__ import annotations

import select
from pathlib import Path

from pgx_mirror.commands import calling, telling
from pgx_mirror.commands.order import Order, Outcome
from pgx_mirror.hands.line import Ended
from pgx_mirror.hands.staff import Staff

WORK = "work"


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    """Make the shell script *path*."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def order(
    path: Path, *arguments: str, seconds: float = 60.0, asked: bool = True
) -> Order:
    """Return a call of *path*."""
    return Order(str(path), arguments, seconds, asked, "/home/pg", "pg")


def outcome(staff: Staff, call: Order) -> Outcome:
    """Have it called, and return what has come of it."""
    staff.begin_lasting(WORK, calling.call, call)
    return heard(staff)


def heard(staff: Staff) -> Outcome:
    """Return what has come of the call that was begun."""
    while True:
        poll = select.poll()
        for fd in staff.fds():
            poll.register(fd, select.POLLIN)
        for _, said in staff.hear(dict(poll.poll(60_000))):
            assert isinstance(said, Ended)
            return telling.outcome(said)
