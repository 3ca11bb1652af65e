"""Two nodes of the bed under the fake RMS, at which an administrator types.

RMS is served as `fake-rms start` does, so its commands can be typed on both nodes; each
node has a system log of its own.  What a page says of places is another one here.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures import binaries
from fixtures.bed import database
from fixtures.bed.bed import Bed
from fixtures.bed.run import run
from fixtures.commands import command
from fixtures.fake_rms import cluster_files
from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.replay.player import TOOLS
from fixtures.fake_rms.server import Server, ask
from fixtures.fake_rms.shell.monitor import Monitor, Settings
from fixtures.pair_bed.system_log import SystemLog
from fixtures.processes import wait_until
from tests.pages.played import placed

NODES = ("node1RMS", "node2RMS")
NAME, PATIENCE = "pgxtest", 60.0  # seconds: the machine may be busy with other tests
LIMITS = {"watch-interval": 1, "online-timeout": 60, "offline-timeout": 60}
_POLL = 0.5  # seconds between RMS's Checks
_APPLICATION = (
    Path(__file__).parents[2] / "fixtures/transitions/applications/database.toml"
)
_HALT = '[attributes]\nHaltFlag = "no"\n\n[gds]'
_LOGS = "tail -n 30 $FAKE_RMS_NODE/log/switchlog"
_FILES = "/usr/sbin:/usr/bin:/sbin:/bin"


class Stage:
    """The nodes in *home*, with a resource registered with *options* besides the limits."""

    def __init__(self, home: Path, options: dict[str, object], halt: bool) -> None:
        self.home, self.options = home, options
        self.bed = Bed(home, NODES)
        self.logs: dict[str, SystemLog] = {}
        self._rms: threading.Thread | None = None
        text = _APPLICATION.read_text()
        self._file = home / "app1.toml"
        self._file.write_text(text if halt else text.replace("[gds]", _HALT))

    def make(self) -> None:
        """Boot the nodes, start RMS on both, and see the application Online on the first."""
        words = {"BED": str(self.home), "BIN": str(Path(command("pgx_online")).parent)}
        config, environment = cluster_files.read(
            [self._file], Knobs(), self.bed.commands, words
        )
        self.bed.make()
        for node in NODES:
            self.hear(node)
        database.prepare(self.bed, NAME, list(self.bed.devices), 5432)
        if self.options:
            for node in NODES:
                self.on(node, f"pgx_pclrsc -d -c {NAME}; {self._registering(node)}")
        monitor = Monitor(config, self.bed, self.home, Settings(_POLL, environment))
        for node in NODES:
            monitor.start_rms(node)
        self._server = Server(monitor, self.home)
        self._rms = threading.Thread(target=self._server.run, daemon=True)
        self._rms.start()
        wait_until(self._serves, "RMS answers", PATIENCE)
        self.reaches(NODES[0], "Online")

    def _given(self) -> str:
        """Return the options of a registration that a page has not."""
        bins = {"bin-dir": binaries.found()[0].directory}
        given = LIMITS | bins | self.options
        return " ".join(f"--{name}={value}" for name, value in given.items())

    def _registering(self, node: str) -> str:
        text = (
            "pgx_pclrsc -a -c pgxtest -u postgres -D /mnt/swdsk1/inst1"
            " -w /var/opt/pgx/pgxtest -n node1RMS,node2RMS"
        )
        return placed(text, self.places(node))

    def _serves(self) -> bool:
        try:
            self.state(NODES[0])
        except OSError:
            return False
        return True

    def hear(self, node: str) -> None:
        """Give *node* a system log: one that has booted has none."""
        if node in self.logs:
            self.logs.pop(node).close()
        self.logs[node] = SystemLog(self.bed, node)
        for device in self.bed.devices.values():
            there = f"/run{device}"
            bound = f"touch {device} && mount --bind {there} {device}"
            run(*self.bed.argv(node, ["sh", "-ec", bound]))

    def close(self) -> list[str]:
        """End RMS and the nodes; return what could not be cleared."""
        if self._rms is not None:
            self._server.stopping = True
            self._rms.join(PATIENCE)
        for log in self.logs.values():
            log.close()
        return self.bed.close()

    # --- what a test does -----------------------------------------------------------

    def on(self, node: str, shell: str) -> str:
        """Return what *shell* prints as root on *node*, where it has the bed's tools.

        Raises AssertionError where it fails.
        """
        environment = self.environment(node)
        environment["PATH"] = f"{TOOLS}:{environment['PATH']}"
        done = self._run(node, shell, environment)
        assert done.returncode == 0, (shell, done.stdout)
        return done.stdout.strip()

    def type(self, node: str, *words: str) -> list[str]:
        """Have RMS do a command, or `panic` or `boot`; return what it prints."""
        answer = ask(self.home, node, list(words), PATIENCE)
        assert answer.code == 0, answer
        return list(answer.lines)

    def state(self, node: str) -> str:
        """Return the application's state on *node*, with its details."""
        rows = self.type(node, "hvdisp", "-T", "userApplication")
        own = [row.split() for row in rows if row.startswith("app1 ")]
        return " ".join(own[0][2:]) if own else ""

    def reaches(self, node: str, state: str) -> None:
        """Wait until the application's state on *node* is *state*."""
        try:
            wait_until(
                lambda: self.state(node) == state, f"{state} on {node}", PATIENCE
            )
        except TimeoutError as ex:
            ex.add_note(f"{self.state(node)}\n{self.on(node, _LOGS)}")
            raise

    # --- what is typed --------------------------------------------------------------

    def typed(
        self, node: str, text: str, *, root: bool
    ) -> subprocess.CompletedProcess[str]:
        """Run *text* by a shell on *node*, as root or as the OS user."""
        said = self.home / node / "messages"
        said.write_text("".join(f"{line}\n" for line in list(self.logs[node].lines)))
        return self._run(node, text, self.environment(node), root=root)

    def _run(
        self, node: str, shell: str, environment: dict[str, str], root: bool = True
    ) -> subprocess.CompletedProcess[str]:
        user = self.bed.user
        become = ["setpriv", f"--reuid={user.uid}", f"--regid={user.gid}"]
        words = ["/bin/sh", "-ec", shell]
        words = words if root else [*become, "--clear-groups", *words]
        return subprocess.run(
            self.bed.argv(node, words),
            env=environment,
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
        )

    def environment(self, node: str) -> dict[str, str]:
        """Return what a shell on *node* is started with."""
        ours, which = Path(command("pgx_online")).parent, binaries.found()[0].directory
        server = {"PGHOST": "/run/postgresql", "PGDATABASE": "postgres"}
        return (
            dict(self.bed.environment(node))
            | server
            | {
                "PATH": f"{ours}:{which}:{_FILES}",
                "LC_ALL": "C.UTF-8",
                "FAKE_RMS_STATE": str(self.home),
                "RELIANT_HOSTNAME": node,
            }
        )

    def places(self, node: str) -> dict[str, str]:
        """Return what stands for a place on *node*, and what it is here; earlier ones first."""
        mounted, own = f"{self.home}/mnt/data", self.home / node
        user = self.bed.user.name
        return {
            "umount /mnt/swdsk1": f"umount {mounted}",
            "mount /mnt/swdsk1": f"mount {self.bed.devices[mounted]} {mounted}",
            "/mnt/swdsk1/inst1": f"{mounted}/{NAME}",
            "/mnt/swdsk1": mounted,
            "/var/opt/pgx/pgxtest": f"{own}/os_user/work-{NAME}",
            "/var/opt/SMAWRrms/log": f"{own}/log",
            "/var/log/messages": f"{own}/messages",
            "/etc/opt/pgx_pclrsc": f"{own}/registry",
            "-n node1RMS,node2RMS": f"-n node1RMS,node2RMS {self._given()}",
            "-u postgres": f"-u {user}",
            "-o postgres": f"-o {user}",
            "user postgres": f"user {user}",
        }


@contextmanager
def stage(*, halt: bool = True, **options: object) -> Iterator[Stage]:
    """Make a Stage; in the end nothing of it may be left.

    *options* are long options of the registration, with `_` for `-`.
    """
    with TemporaryDirectory(prefix="pgx-page-", dir="/tmp") as home:
        Path(home).chmod(0o755)
        given = {name.replace("_", "-"): value for name, value in options.items()}
        made = Stage(Path(home), given, halt)
        try:
            made.make()
            yield made
        finally:
            left = made.close()
        assert left == []
