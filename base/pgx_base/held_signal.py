"""Signals that wait until something short is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def held_back(*numbers: int) -> Iterator[None]:
    """Have those of the signals *numbers* that have a handler heard when the block has ended.

    Blocking them would not do: another thread would take one, and the handler run all the
    same.  One that is ignored stays so, and is to a program that is started meanwhile.
    """
    with ExitStack() as held:
        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:
                held.enter_context(_held_back(number))
        yield


@contextmanager
def _held_back(number: int) -> Iterator[None]:
    came: list[int] = []
    before = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(number, before)
        if came:
            signal.raise_signal(number)
