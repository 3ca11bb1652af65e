"""Runs the procedures of the documents on a pair, command by command, as they are written.

Both servers are on this host.  So what stands for a place is another one here (`places`), and
each host has an mc_ctl that names its server, which on a host of its own nobody has to.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.commands import command
from fixtures.pair.place import ARBITER, NAMES, A, B
from fixtures.processes import wait_until
from tests.mirror.procedures import procedures
from tests.mirror.whole import PATIENCE, Whole
from tests.pages.blocks import Command
from tests.pages.played import Steps, agree, placed

_ADDRESSES = {A: "192.0.2.100", B: "192.0.2.110"}
_FILES = "/usr/sbin:/usr/bin:/sbin:/bin"


def places(pair: Whole, host: str) -> dict[str, str]:
    """Return what stands for a place on *host*, and what it is here; the earlier ones first."""
    a, b = (str(pair.servers[name].port) for name in (A, B))
    found = {f"{name}:/mcdir/inst1": str(pair.mcdir(name)) for name in (A, B)}
    found |= {"arbiter:/mcdir/arb": str(pair.mcdir(ARBITER)), "scp -p": "cp -p"}
    found |= {"/mcdir/arb": str(pair.mcdir(ARBITER))}
    if host in (A, B):
        found["/mcdir/inst1"] = str(pair.mcdir(host))
        found["/database1/inst1"] = str(pair.servers[host].data)
    found |= {"/backup": f"{pair.home}/backup-{host}"}
    found |= {"-h 192.0.2.100 -p 5432": f"-h 127.0.0.1 -p {a}"}
    found |= {"-h 192.0.2.110 -p 5432": f"-h 127.0.0.1 -p {b}"}
    found |= {"port=5432,5432": f"port={a},{b}"}
    for name in (A, B):  # what it bears towards its primary
        for before in ("--standby-name=", "standby_names = '", "application_name | "):
            found[f"{before}{name}"] = f"{before}{NAMES[name]}"
    found |= dict.fromkeys(_ADDRESSES.values(), "127.0.0.1")
    user = pair.user.name
    return found | {"-U postgres": f"-U {user}", "user=postgres": f"user={user}"}


class Played(Steps):
    """One procedure on *pair*; `run` goes on with it, and all of it must be run."""

    def __init__(
        self, pair: Whole, steps: list[Command], more: dict[str, str] | None = None
    ) -> None:
        super().__init__(steps, self._step)
        self.pair, self.more = pair, more or {}
        self.said = ""  # by the last command

    def _step(self, step: Command) -> None:
        places = self.places(step)
        wanted = tuple(placed(line, places) for line in step.seen)
        if wanted and step.text.startswith("mc_ctl status"):
            try:
                wait_until(lambda: self._agrees(step, wanted), step.at, PATIENCE, 0.2)
            except TimeoutError as ex:
                ex.add_note(f"wanted: {wanted}\nsaid: {self.said}{self.pair.shown()}")
                raise
        else:
            assert self._agrees(step, wanted), (step.at, wanted, self.said)

    def _agrees(self, step: Command, wanted: tuple[str, ...]) -> bool:
        done = self.typed(step)
        self.said = done.stdout
        refused = any("error:" in line for line in wanted)
        well = done.returncode in _codes(step.text, refused)
        assert well, (step.at, step.text, done.returncode, self.said)
        return agree(wanted, self.said)

    def places(self, step: Command) -> dict[str, str]:
        """Return what stands for a place in *step*, and what it is here."""
        return self.more | places(self.pair, step.host)

    def typed(self, step: Command) -> subprocess.CompletedProcess[str]:
        """Run *step* by a shell of its host."""
        user = {} if step.root else self.pair.user.popen_options()
        return subprocess.run(
            ["/bin/sh", "-ec", placed(step.text, self.places(step))],
            env=self.environment(step.host),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            **user,
        )

    def environment(self, host: str) -> dict[str, str]:
        """Return what a shell on *host* is started with."""
        ours = Path(command("mc_ctl")).parent
        path = f"{ours}:{self.pair.binaries.directory}:{_FILES}"
        found = self.pair.environment() | {"PATH": path}
        if host in (A, B):
            found["PATH"] = f"{_own_programs(self.pair, host)}:{path}"
            found["PGHOST"] = str(self.pair.home)
            found["PGPORT"] = str(self.pair.servers[host].port)
        return found


def _codes(text: str, refused: bool) -> set[int]:
    if text.startswith("mc_ctl status"):
        return {0, 3}
    return {1} if refused else {0}


def _own_programs(pair: Whole, host: str) -> Path:
    """Return a directory with an mc_ctl that is for *host*'s server."""
    made = pair.home / f"bin-{host}"
    if not made.exists():
        made.mkdir()
        program = made / "mc_ctl"
        real = command("mc_ctl")
        program.write_text(f'#!/bin/sh\nexec {real} "$@" --local-server={host}\n')
        program.chmod(0o755)
        made.chmod(0o755)
    return made


@contextmanager
def procedure(
    heading: str, pair: Whole, more: dict[str, str] | None = None
) -> Iterator[Played]:
    """Have the procedure *heading* run on *pair*; in the end no command of it may be left.

    *more* are places that this procedure alone has.
    """
    made = Played(pair, procedures()[heading], more)
    yield made
    made.ended()
