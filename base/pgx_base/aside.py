"""Asking in a child what may hang, without harm."""

from __future__ import annotations

import os
import select

from pgx_base import prologue
from pgx_base.light import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_LONGEST = 1 << 15  # bytes; a pipe takes them at once
_ENDS_WITHIN = 0.2


def ask(question: Callable[[], str], seconds: float) -> str | None:
    """Return what *question* answers in a child, None where it takes more than *seconds*."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _answer_and_exit(question, writer)
    os.close(writer)
    try:
        ready, _, _ = select.select([reader], [], [], max(0.0, seconds))
        data = os.read(reader, _LONGEST) if ready else None
        _end(child)
    finally:
        os.close(reader)
    return None if data is None else data.decode("utf-8", "replace")


def _answer_and_exit(question: Callable[[], str], writer: int) -> NoReturn:
    try:
        # RMS reads to the end what the script writes, and this child may hang for ever;
        # with our descriptors it would hold our locks as long.
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        prologue.close_all_but((*prologue.STANDARD, writer))
        os.write(writer, question().encode("utf-8", "replace")[:_LONGEST])
    finally:
        os._exit(0)


def _end(child: int) -> None:
    """Take the child's exit status; one that hangs in the kernel is left to it."""
    pidfd = os.pidfd_open(child)
    try:
        if select.select([pidfd], [], [], _ENDS_WITHIN)[0]:
            os.waitpid(child, 0)
        else:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(pidfd)
