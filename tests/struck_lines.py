"""A signal that strikes at the N-th line that runs of some files: between any two steps."""

from __future__ import annotations

import signal
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass
class Lines:
    """Counts the lines of *files* that run in this thread, and strikes at number *at*.

    Finalizers are passed over: whatever is raised in one is lost, and they run at any time.
    """

    files: Collection[str]
    at: int = 0
    number: int = signal.SIGTERM
    count: int = 0

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Lines | None:
        if event == "call":
            counts = frame.f_code.co_filename in self.files and not _finalizes(frame)
            return self if counts else None
        if event == "line":
            self.count += 1
            if self.count == self.at:
                signal.raise_signal(self.number)
        return self

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Have what runs in the block counted, and struck."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            yield
        finally:
            sys.settrace(before)


def _finalizes(frame: FrameType) -> bool:
    calls = (frame, frame.f_back)
    return any(each and each.f_code.co_name == "__del__" for each in calls)
