"""Asking a disk beside the loop: it may hang, and the loop must go on.

A loop that hung there would judge no silence, and a server that a hanging disk has
silenced would never be Faulted.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_PATIENCE = 0.2  # seconds the loop waits for the disk; it does so once while it hangs

Seen = TypeVar("Seen")


class Beside(Generic[Seen]):
    """Asks *question* in a thread of its own; *hangs* is the answer while it has none."""

    def __init__(self, question: Callable[[], Seen], hangs: Seen) -> None:
        self._question = question
        self._no_answer = hangs
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[Seen] = queue.SimpleQueue()
        self._hangs = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._asked.get()
            self._told.put(self._question())

    def ask(self) -> Seen:
        """Return the answer of now, or *hangs*; never waits for long."""
        if self._hangs and self._told.empty():
            return self._no_answer
        if self._hangs:
            self._told.get()  # of long ago
        self._asked.put(None)
        try:
            answer = self._told.get(timeout=_PATIENCE)
        except queue.Empty:
            self._hangs = True
            return self._no_answer
        self._hangs = False
        return answer
