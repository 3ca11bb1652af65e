"""What a server has written, noted while it lives and read once more when it has ended.

An open descriptor still shows the last word of a PID file that its server has removed,
and without the length of the log from before nobody knows what was said at the end.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque

from pgx_postgres import control, pidfile, server_log
from pgx_postgres.seeing import sight
from pgx_postgres.server_log import Mark
from pgx_postgres.watch.ending import Remains, explained

_PATIENCE = 3.0  # seconds for all of it: its disk may hang
_LAST_BREATH = 1.0  # seconds a server that is being stopped is given to end
_LOG_COMES_WITHIN = 0.5  # seconds: a log collector writes later than the server
_LOOK_BACK = 60.0  # seconds: a core may be dumped between a PANIC and the end
_PAUSE = 0.05


class Papers:
    """The files of the server whose *postmaster* works in *data_directory*.

    *dir_fd* is the work directory, with the server's output.
    """

    def __init__(self, data_directory: str, dir_fd: int, postmaster: int) -> None:
        self._data = data_directory
        self._dir_fd = dir_fd
        self._postmaster = postmaster
        self._fd = -1
        self._marks: deque[tuple[float, Mark]] = deque()
        self._wanted = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def note(self) -> None:
        """Have noted where things stand: the PID file has just been seen to be the server's.

        In a thread of its own: a disk that hangs holds nobody else up.
        """
        self._wanted.set()

    def _serve(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            self._note()

    def _note(self) -> None:
        self._hold()
        now = time.monotonic()
        while len(self._marks) > 1 and self._marks[1][0] < now - _LOOK_BACK:
            self._marks.popleft()
        self._marks.append((now, server_log.mark(self._dir_fd, self._data)))

    def _hold(self) -> None:
        try:
            fd = pidfile.opened(self._data)
        except OSError:
            return
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = fd

    def explain(self, reason: str, pidfd: int) -> str:
        """Return why the server of *pidfd* is at fault, *reason* where its disk hangs."""
        told = [reason]
        reading = threading.Thread(
            target=lambda: told.append(
                explained(reason, self._left(pidfd), "pgx_offline")
            ),
            daemon=True,
        )
        reading.start()
        reading.join(_PATIENCE)
        return told[-1]

    def _left(self, pidfd: int) -> Remains:
        stopping = self._status() == pidfile.STOPPING
        alive = not sight.has_ended(pidfd, _LAST_BREATH if stopping else 0)
        fatal, panic = self._last_words(_LOG_COMES_WITHIN if not stopping else 0)
        return Remains(
            stopping,
            alive,
            os.path.lexists(f"{self._data}/{pidfile.NAME}"),
            control.read_state(self._data),
            panic,
            fatal,
        )

    def _status(self) -> str | None:
        """Return line 8 as it was at last, None when it is not known."""
        if self._fd < 0:
            return None
        try:
            found = pidfile.parse(os.pread(self._fd, 8192, 0))
        except (OSError, pidfile.Garbled):
            return None
        return found.status if found.pid == self._postmaster else None

    def _last_words(self, patience: float) -> tuple[str, str]:
        """Return the last FATAL and the last PANIC line since the marks."""
        before = self._marks[0][1] if self._marks else None
        until = time.monotonic() + patience
        while before is not None:
            fatal, panic = server_log.last_words(self._dir_fd, self._data, before)
            if panic or time.monotonic() > until:
                return fatal, panic
            time.sleep(_PAUSE)
        return "", ""
