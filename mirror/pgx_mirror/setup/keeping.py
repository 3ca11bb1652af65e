"""That the primary keeps what a standby is to stream: its slot, before anything rests on it.

A slot that is new keeps the log from the primary's last checkpoint on, and one that was made
since both went apart no more than that.  Both can be moved back, to where this server will
ask, as long as the log is still there: what is compared afterwards shows that it is.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_mirror.checks import table
from pgx_mirror.database import wal_stream
from pgx_mirror.database.trouble import Refused as Answered
from pgx_mirror.database.trouble import Trouble
from pgx_mirror.setup import alike, source
from pgx_mirror.setup.choosing import Choice, Known, choose, pieces
from pgx_mirror.setup.methods import ANEW, CHOSEN
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Refused, Task, cannot

_FREE_WITHIN, _PAUSE = 6.0, 0.2  # seconds for whoever has a slot in use for a moment


def refusals(task: Task, told: Told, slot: str) -> list[Failure]:
    """Return that somebody streams by *slot*; nothing is touched."""
    try:
        _hold(task, told, slot)
    except Answered as ex:
        if ex.sqlstate == wal_stream.IN_USE:
            return [source.in_use(slot)]
    except Trouble:
        pass  # it is told by whoever needs the slot
    return []


def _hold(task: Task, told: Told, slot: str, at: int = 0) -> None:
    """Have *slot* keep the log from *at* on, 0 for where it does.  Raises Trouble.

    The sender of a host that has lost its power has it in use until wal_sender_timeout is
    over, and the primary's controller while it makes it.
    """
    limit = table.seconds(told.settings.get("wal_sender_timeout", "0")) + _PAUSE
    until = time.monotonic() + min(limit, _FREE_WITHIN)
    while True:
        try:
            wal_stream.hold(task.source.streaming(), slot, told.position, at)
            return
        except Answered as ex:
            if ex.sqlstate != wal_stream.IN_USE or time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


def hold(task: Task, told: Told, slot: str, at: int) -> None:
    """Have *slot* keep the log from *at* on.  Raises Failure."""
    try:
        _hold(task, told, slot, at)
    except Trouble as ex:
        raise Failure(
            f"the primary does not keep its write-ahead log: {ex.text}"
        ) from ex


def settle(
    task: Task, told: Told, choice: Choice, known: Known, slot: str, heeded: Heeded
) -> tuple[Choice, Known]:
    """Return the method that can do, now that the log is kept, and was compared.

    *slot*: empty where none is to be made.  Raises Refused where the method that was asked
    for cannot do, Failure, and what *heeded* raises.
    """
    if choice.method in ANEW:
        return choice, known
    made = slot if known.upstream.slot is None else ""
    try:
        with heeded.ending():
            why = _keep(task, told, known, slot, makes=bool(made))
            why = why or alike.differs(task, known)
    except BaseException:  # ^C as well: comparing may take long
        with suppress(Failure):
            _unmake(task, made)
        raise
    if not why:
        return choice, known
    _unmake(task, made)
    if task.method != CHOSEN:
        raise Refused([cannot(task, why)])
    known = replace(known, end=why)
    return choose(known), known


def _unmake(task: Task, made: str) -> None:
    """Drop the slot that was *made* for what is not done: it would keep the log for nobody."""
    if made:
        source.drop_slot(task.source, made)


def _keep(task: Task, told: Told, known: Known, slot: str, *, makes: bool) -> str:
    """Have *slot* keep what both have, from where it is compared; return why it does not."""
    if makes:
        source.keep_by_slot(task.source, slot)
    first = next((part.start for part in pieces(known)), 0)
    if not slot or not (makes or first < (known.upstream.slot or 0)):
        return ""
    try:
        _hold(task, told, slot, first)
    except Trouble as ex:
        return f"the primary does not keep its write-ahead log: {ex.text}"
    return ""
