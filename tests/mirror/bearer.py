"""Somebody who bears a standby's name towards a primary, and says what it likes."""

from __future__ import annotations

import struct
from types import TracebackType

from psycopg import pq

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core import wal

_STATUS = struct.Struct("!cQQQqB")  # a standby status update of the streaming protocol


class Bearer:
    """A replication connection of a name; nothing of the stream is kept anywhere."""

    def __init__(self, server: Server, name: str) -> None:
        who = f"user={server.user.name} application_name={name} replication=true"
        where = f"host={server.sockets} port={server.port} dbname=postgres {who}"
        self._conn = pq.PGconn.connect(where.encode())
        assert self._conn.status == pq.ConnStatus.OK, self._conn.error_message
        timeline, position = self._identify()
        start = f"START_REPLICATION PHYSICAL {wal.text(position)} TIMELINE {timeline}"
        answer = self._conn.exec_(start.encode())
        assert answer.status == pq.ExecStatus.COPY_BOTH, answer.error_message
        self.pid = self._conn.backend_pid
        state = f"select state from pg_stat_replication where pid = {self.pid}"
        # A report that comes while it still catches up releases nobody.
        wait_until(lambda: server.ask(state) == "streaming", "it streams", 60)
        self.reports(position)

    def _identify(self) -> tuple[int, int]:
        answer = self._conn.exec_(b"IDENTIFY_SYSTEM")
        timeline, position = answer.get_value(0, 1), answer.get_value(0, 2)
        assert timeline is not None
        assert position is not None
        return int(timeline), wal.number(position.decode())

    def reports(self, position: int) -> None:
        """Say that all up to *position* is written, flushed and replayed."""
        words = _STATUS.pack(b"r", position, position, position, 0, 0)
        self._conn.put_copy_data(words)
        self._conn.flush()

    def __enter__(self) -> Bearer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._conn.finish()
