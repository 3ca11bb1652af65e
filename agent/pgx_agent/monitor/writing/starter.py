"""Whoever has started the monitor: told one word, once."""

from __future__ import annotations

import os


class Starter:
    """The reader of *ready_fd*, -1 where nobody waits for a word."""

    def __init__(self, ready_fd: int = -1) -> None:
        self._fd = ready_fd

    def tell(self, text: str) -> None:
        """Tell *text* unless something was told before."""
        if self._fd < 0:
            return
        try:
            os.write(self._fd, f"{text}\n".encode("utf-8", "replace"))
        except OSError:
            pass  # it is gone
        os.close(self._fd)
        self._fd = -1
