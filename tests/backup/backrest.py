"""A pair that archives and is backed up by pgBackRest, each server with its own pgbackrest.conf.

The repository is one directory, as on a disk that both reach.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from fixtures.pair.place import OTHER, A, B
from fixtures.processes import wait_until
from tests.mirror.whole import PATIENCE, Whole

PROGRAM = "/usr/bin/pgbackrest"
STANZA = "inst1"
_CONF = """\
[global]
repo1-path={home}/repository
repo1-retention-full=2
lock-path={home}/backrest-lock-{name}
log-path={home}/backrest-log-{name}
spool-path={home}/backrest-spool-{name}
start-fast=y

[{stanza}]
pg1-path={data}
pg1-port={port}
pg1-socket-path={sockets}
"""


class Backed(Whole):
    """Such a pair."""

    def make(self) -> None:
        for each in (
            "repository",
            *(f"backrest-{k}-{n}" for k in _KINDS for n in (A, B)),
        ):
            self._directory(A, self.home / each)
        for name in (A, B):
            self.user.own(self._configured(name))
        self.settings |= {"archive_mode": "on", "archive_command": self._push(A)}
        super().make()

    def _configured(self, name: str) -> Path:
        server, path = self.servers[name], self.home / f"pgbackrest-{name}.conf"
        path.write_text(
            _CONF.format(
                home=self.home, name=name, stanza=STANZA, data=server.data,
                port=server.port, sockets=server.sockets,
            )
        )  # fmt: skip
        return path

    def line(self, name: str, *words: str) -> list[str]:
        """Return a call of pgBackRest on *name*'s host."""
        conf = f"--config={self.home}/pgbackrest-{name}.conf"
        return [PROGRAM, conf, f"--stanza={STANZA}", *words]

    def _push(self, name: str) -> str:
        return " ".join(self.line(name, "archive-push", '"%p"'))

    def _conf_of(self, name: str) -> str:
        text = super()._conf_of(name)
        return text.replace(self._push(OTHER[name]), self._push(name))

    def backrest(self, name: str, *words: str) -> str:
        """Have pgBackRest do it; return what it says."""
        return self.user.run(self.line(name, *words)).stdout

    def restoring(self, name: str) -> str:
        """Return the CMD of mc_ctl setup."""
        return " ".join(self.line(name, "restore"))

    def archived(self, name: str) -> None:
        """See that all that *name* has written is archived."""
        wrote = self.asks(name, "select pg_walfile_name(pg_switch_wal())")
        last = "select last_archived_wal from pg_stat_archiver"
        wait_until(lambda: self.asks(name, last)[8:] >= wrote[8:], "archived", PATIENCE)

    def lose(self, name: str) -> None:
        """Lose *name*'s data directory."""
        shutil.rmtree(self.data(name))
        self._directory(name, self.servers[name].data)


_KINDS = ("lock", "log", "spool")
