"""A signal that waits until something short is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back(number: int) -> Iterator[None]:
    """Have the signal *number*, which has a handler, heard when the block has ended.

    Blocking it would not do: another thread would take it, and the handler run all the same.
    """
    came: list[int] = []
    before = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(number, before)
        if came:
            signal.raise_signal(number)
