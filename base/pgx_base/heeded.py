"""Signals that end what is done where it can be ended, and wait elsewhere.

A handler that raises strikes anywhere: behind a fork whose child nobody knows of yet, in a
destructor, where it is lost, or behind the work, where nobody expects it.  This one raises
in a block that is said to be ended by it alone, once, and is kept until then.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Heeded:
    """The signals *numbers*, heard from now on; the first raises *error*, and none after it."""

    def __init__(self, numbers: tuple[int, ...], error: type[BaseException]) -> None:
        self._error = error
        self._raises = self._came = False
        self._pid = os.getpid()
        for number in numbers:
            # A call by nohup is to outlive its terminal, one behind a `&` its ^C.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._come)

    def _come(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._pid:  # a child of ours, which would do our tidying up
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._came = True
        if self._raises:
            self._raises = False
            raise self._error

    def check(self) -> None:
        """Raise *error* where a signal has come."""
        if self._came:
            raise self._error

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Have a signal end the block: at once, or at its end where it was lost within.

        One that has come before ends it as it begins.
        """
        self._raises = True
        try:
            self.check()
            yield
            self.check()
        finally:
            self._raises = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within such a block: have a signal wait until something short is done.

        Elsewhere none would end anything.
        """
        before, self._raises = self._raises, False
        try:
            yield
        finally:
            self._raises = before and not self._came
        if before:
            self.check()
