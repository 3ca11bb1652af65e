"""A whole pair for tests of bad times: made, broken by them, and seen whole again.

The witness is the writer of `fixtures.pair`: at the end every row that it was told was
committed is on the server that holds the pen, and no second server holds it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from fixtures import processes
from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import OTHER, A, B, PairPlace
from fixtures.ports import free_port
from fixtures.processes import wait_until
from fixtures.server import Server, copy_data_directory, replace_text
from pgx_mirror.core import mark as marks
from pgx_mirror.core.mark import ALONE, PAIR, Mark
from pgx_mirror.data.conf_text import read as names_of

PATIENCE = 90.0  # seconds: the machine may be busy with other tests
# Seconds before a command is repeated: each takes a tenth of a second of processor, and who
# waits for what it says would leave none to what it waits for.
_PACE = 0.25
_ended: dict[tuple[str, ...], float] = {}  # when a command did, by its words


class Whole(PairPlace):
    """A pair with a client that commits all the time."""

    def form(self) -> None:
        """Have both servers run as a pair, and the client commit."""
        self.make()
        self.client = self.make_client()
        self.start_arbiter()
        self.mc_ctl(A, "start", "-w", "-f", "--as-primary")
        self.set_up_standby(B)
        self.mc_ctl(B, "start", "-w", "-f")
        self.until_switchable()
        self.client.start()
        wait_until(lambda: self.client.first_after(0.0), "a first commit", PATIENCE)

    def run(
        self, name: str, *words: str | Path, on: str, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a pair's place does, and not at once again."""
        said = (on, name, *map(str, words))
        time.sleep(max(0.0, _ended.get(said, 0.0) + _PACE - time.monotonic()))
        try:
            return super().run(name, *words, on=on, **more)
        finally:
            _ended[said] = time.monotonic()

    # --- seen ------------------------------------------------------------------------

    def mark(self, name: str) -> Mark:
        """Return the durable mark of *name*."""
        return marks.decode((self.data(name) / marks.FILE).read_bytes())

    def names(self, name: str) -> str:
        """Return what *name*'s postgresql.conf says: set, out or barrier."""
        return names_of((self.data(name) / "postgresql.conf").read_bytes()).state

    def holders(self) -> list[str]:
        """Return whose commits would not wait: by mark and postgresql.conf."""
        return [name for name in (A, B) if self.mark(name).state == ALONE]

    def primary(self) -> str:
        """Return who is the primary by the marks: PAIR or ALONE, the later epoch.

        While the pen goes from one to the other neither is, for a moment.
        """
        found: list[Mark] = []

        def look() -> bool:
            both = map(self.mark, (A, B))
            found[:] = [mark for mark in both if mark.state in (PAIR, ALONE)]
            return bool(found)

        wait_until(look, "a primary", PATIENCE)
        return max(found, key=lambda mark: mark.epoch).owner

    def standby(self) -> str:
        """Return the other one."""
        return OTHER[self.primary()]

    def epoch(self) -> int:
        """Return the primary's epoch."""
        return self.mark(self.primary()).epoch

    def until_later(self, than: int) -> None:
        """Wait until the epoch *than* has ended, and the pair is whole again."""
        wait_until(lambda: self.epoch() > than, "the epoch ends", PATIENCE)
        self.until_switchable()

    def is_switchable(self) -> bool:
        """Whether both say so."""
        return all(self.status(name) == "switchable" for name in (A, B))

    def until_switchable(self) -> None:
        """Wait until both say so; tells what they say instead."""
        try:
            wait_until(self.is_switchable, "switchable", PATIENCE, 0.1)
        except TimeoutError as ex:
            ex.add_note(self.shown())
            raise

    def shown(self) -> str:
        """Return what both say of the pair, and what they did last."""
        found = []
        for name in (A, B):
            shown = self.mc_ctl(name, "status", check=False, limit=20.0)
            found.append(shown.stdout)
            found += self.trace(name).splitlines()[-20:]
        return "\n".join(found)

    def told(self, name: str) -> str:
        """Return what mc_ctl status on *name* says."""
        done = self.mc_ctl(name, "status", check=False)
        return done.stdout + done.stderr

    def trace(self, name: str) -> str:
        """Return what *name*'s controller has written down."""
        trace = self.seen(name, self.mcdir(name) / "trace.log")
        return trace.read_text(errors="replace")

    def asks(self, name: str, sql: str) -> str:
        """Return what *name*'s server answers, in the database `postgres`."""
        return self.servers[name].ask(sql, "postgres")

    def is_standby(self, name: str) -> bool:
        """Whether *name*'s directory is a standby's."""
        return (self.data(name) / "standby.signal").exists()

    # --- the witness -----------------------------------------------------------------

    def commits(self) -> None:
        """Wait for a commit that is begun from now on."""
        rows = len(self.client.acknowledged()) + 2
        wait_until(
            lambda: len(self.client.acknowledged()) >= rows, "a commit", PATIENCE
        )

    def goes_on_for(self, seconds: float) -> None:
        """Let time pass in which the client must go on committing."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.commits()
            time.sleep(0.2)

    def witness(self) -> None:
        """See that every acknowledged row is there, and that one server holds the pen."""
        assert len(self.holders()) <= 1, self.holders()
        missing = self.client.missing()
        assert not missing, (missing[:10], self.shown())

    def settles(self) -> None:
        """See the pair whole, all rows there, and the client committing."""
        self.until_switchable()
        self.commits()
        self.witness()

    # --- changed ---------------------------------------------------------------------

    def reload(self, name: str) -> None:
        """Have *name*'s server read its configuration."""
        pid = self.servers[name].pid()
        assert pid is not None
        processes.kill(pid, signal.SIGHUP)

    def start(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run mc_ctl start for *name*, automatics on."""
        return self.mc_ctl(name, "start", "-w", "-f", check=False)

    def forced(self, name: str, word: str) -> None:
        """Have *word* done by force on *name*, once the other has been silent long enough."""
        done: subprocess.CompletedProcess[str] | None = None

        def is_done() -> bool:
            nonlocal done
            done = self.mc_ctl(name, word, "--force", "-f", check=False)
            return done.returncode == 0 or "not silent yet" not in done.stderr

        wait_until(is_done, "it is silent", PATIENCE)
        assert done is not None and done.returncode == 0, done

    def kill_controllers(self, name: str) -> None:
        """SIGKILL for watcher, controller and hands of *name*; its server goes on."""
        processes.end_found(lambda: self.controllers(name))

    def kill_server(self, name: str) -> None:
        """SIGKILL for all processes of *name*'s server, and whoever looks into its directory."""
        processes.end_found(lambda: self.of_server(name))

    def power_off(self, *names: str) -> None:
        """SIGKILL for all of *names*: controllers first, so that none acts on the rest."""
        for name in names:
            self.kill_controllers(name)
        for name in names:
            self.kill_server(name)

    def of_server(self, name: str) -> list[int]:
        """Return the processes of *name*'s server alone."""
        return processes.of_directory(self.servers[name].data)

    def rebuild(self, name: str) -> None:
        """Make a deposed *name* the standby, and see the pair whole."""
        if self.controllers(name):
            self.mc_ctl(name, "stop")
        self.set_up_standby(name)
        self.mc_ctl(name, "start", "-w", "-f")
        self.until_switchable()

    def copied(self, name: str) -> Server:
        """Return a copy of *name*'s data directory, as cp -a makes it, with a port of its own."""
        of = self.servers[name]
        made = Server(
            self.binaries, self.user, self.home / f"copy-{free_port()}", of.sockets
        )
        copy_data_directory(of.data, made.data)
        (made.data / "postmaster.pid").unlink(missing_ok=True)
        made.configure(port=made.port)
        return made

    def conninfo_of(self, name: str, database: str) -> str:
        """Return how *database* of *name*'s server is reached."""
        at = f"host=127.0.0.1 port={self.servers[name].port}"
        return f"{at} user={self.user.name} dbname={database}"

    def session(self, name: str, **options: object) -> psycopg.Connection:
        """Return a session of the superuser's on *name*."""
        conninfo = self.conninfo_of(name, "postgres")
        return psycopg.connect(conninfo, autocommit=True, **options)  # type: ignore[arg-type]

    def edit(self, name: str, old: str, new: str) -> None:
        """Edit *name*'s postgresql.conf by hand."""
        path = self.data(name) / "postgresql.conf"
        text = path.read_text()
        assert old in text, (old, text)
        replace_text(path, text.replace(old, new))


@contextmanager
def whole(
    home: Path,
    binaries: Binaries,
    user: OsUser,
    *,
    kind: type[Whole] | None = None,
    policy: str = "arbitration",
    conf: dict[str, object] | None = None,
) -> Iterator[Whole]:
    """Make a pair below *home* that runs; it is ended afterwards, its client first."""
    made = (kind or Whole)(home, binaries, user, policy, conf or {})
    try:
        made.form()
        yield made
    finally:
        if hasattr(made, "client"):
            made.client.stop()
        if hasattr(made, "etcd"):
            made.etcd.stop()
        if os.environ.get("PGX_KEEP_PAIR") is None:
            processes.end_all(home)
