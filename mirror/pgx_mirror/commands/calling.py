"""A hand that calls a program, and waits for its end: by descriptors, and no longer than it may.

It holds no lock: a controller that comes after one that has died does not wait for it.
"""

from __future__ import annotations

import math
import select
import time

from pgx_mirror.commands.order import (
    DONE,
    FAILED,
    NOT_CALLED,
    TIMED_OUT,
    UNHEARD,
    Order,
    Outcome,
)
from pgx_mirror.commands.program import Program
from pgx_mirror.hands.lateness import Lateness
from pgx_mirror.hands.line import Line

_LONGEST = 0.5  # seconds between two looks at the clock


def call(line: Line, order: Order) -> Outcome:
    """Call *order*'s program, and return what has come of it."""
    began = time.monotonic()
    try:
        program = Program(order)
    except OSError as ex:
        return Outcome(NOT_CALLED, f"no process for it: {ex.strerror}")
    try:
        how = _waited(program, order, line if order.asked else None)
        return _outcome(program, order, how, time.monotonic() - began)
    finally:
        program.close()


def _waited(program: Program, order: Order, line: Line | None) -> str:
    """Wait for its end; return "", or why it was ended before: TIMED_OUT or UNHEARD.

    Time in which this process was not run is not the program's: it was not run either.
    """
    lateness = Lateness(time.monotonic())
    until, hears = time.monotonic() + order.seconds, True
    while True:
        fds = {program.pidfd, *([program.fd] if hears else [])}
        fds |= {line.fileno()} if line is not None else set()
        now = time.monotonic()
        until += lateness.at(now)
        if now >= until:
            return TIMED_OUT
        soon = min(until, now + _LONGEST)
        lateness.waits(soon)
        ready = _poll(fds, soon - now)
        if program.fd in ready:
            hears = program.hear()
        if program.pidfd in ready:
            return ""
        if line is not None and line.fileno() in ready:
            return UNHEARD


def _poll(fds: set[int], seconds: float) -> set[int]:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return {fd for fd, _ in poll.poll(math.ceil(seconds * 1000))}


def _outcome(program: Program, order: Order, how: str, seconds: float) -> Outcome:
    """End what has not ended, and say how it all went."""
    refusal = program.refusal()
    if how:
        program.end()
    program.hear()
    lines = program.output.lines()
    result = program.result()
    if how == UNHEARD:
        return Outcome(how, "whoever called it has ended", lines, seconds)
    late = f"no answer within {order.seconds:g} s"
    if how == TIMED_OUT and refusal is None:
        return Outcome(NOT_CALLED, f"{late} from the disk it lies on", lines, seconds)
    if how == TIMED_OUT:
        return Outcome(how, late, lines, seconds)
    if refusal:
        return Outcome(NOT_CALLED, refusal, lines, seconds)
    return Outcome(FAILED if result else DONE, result, lines, seconds)
