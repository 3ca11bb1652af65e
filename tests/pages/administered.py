"""Two nodes on which an administrator types what docs/setup.md and docs/operations.md have.

The nodes are the bed's (`fixtures.bed.hosts`), PostgreSQL is real, hvw and RMS are the fakes:
RMS starts what hvw has activated when it is started anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.bed.hosts import Hosts
from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.fake_rms import cluster_files
from fixtures.fake_rms.activated import Hvw
from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.server import Server, ask
from fixtures.fake_rms.shell.monitor import Monitor, Settings
from fixtures.processes import wait_until
from tests.pages.blocks import ROOT, Command, typed
from tests.pages.played import Steps, agree, placed

SETUP = ROOT / "docs/setup.md"
OPERATIONS = tuple(sorted((ROOT / "docs").glob("operations*.md")))
PAGES = (SETUP, *OPERATIONS)
APPLICATION = "2.3.12 The cluster application"
PATIENCE = 90.0  # seconds: the machine may be busy with other tests
# What only looks is asked again until it says what the page has.
LOOKS = ("hvdisp", "pgx_pclrsc --status", "psql -h takeoverip", "grep")
_POLL = 0.5  # seconds between RMS's Checks
_CLASS = "/dev/sfdsk/class000"
VOLUMES = {
    f"{_CLASS}1/dsk/volume0001": "/mnt/swdsk1",
    f"{_CLASS}1/dsk/volume0002": "/mnt/monitor1",
    f"{_CLASS}2/dsk/volume0003": "/mnt/swdsk2",
    f"{_CLASS}2/dsk/volume0004": "/mnt/monitor2",
}


class Administered:
    """The nodes below *home*; nothing is done on them yet."""

    def __init__(self, home: Path, which: Binaries) -> None:
        home.chmod(0o755)  # the instance's user works below it
        self.root, self.which = home / "bed", which
        self.root.mkdir()
        self.hosts = Hosts(self.root, VOLUMES, "node1RMS", "node2RMS")
        self._rms: threading.Thread | None = None
        self.said = ""  # by the last command

    def close(self) -> list[str]:
        """End RMS and the nodes; return what could not be cleared."""
        self._end_rms()
        return self.hosts.close()

    # --- what stands for a place -------------------------------------------------------

    def places(self) -> dict[str, str]:
        """Return what stands for a place on the pages, and what it is here."""
        network, second = self.hosts.network, self.hosts.own("node2RMS")
        bins = self.which.directory
        return {
            "/usr/lib/postgresql/17/bin": str(bins),
            "-n node1RMS,node2RMS": f"-n node1RMS,node2RMS --bin-dir={bins}",
            "192.0.2.": network.address(0).removesuffix("0"),
            "scp -p": "cp -p",
            "node2:/": f"{second}/",
        }

    # --- RMS ---------------------------------------------------------------------------

    def _renew_rms(self) -> None:
        """Have a base monitor that starts what hvw has activated last, where none runs."""
        if self._rms is not None and not self._is_stopped():
            return
        self._end_rms()
        table = self.hosts.own("node1RMS") / "etc/fstab.pcl"
        config, environment = cluster_files.read(
            [], Knobs(), self.hosts.commands, hvw=Hvw(self.hosts.hvw(), table)
        )
        monitor = Monitor(config, self.hosts, self.root, Settings(_POLL, environment))
        server = Server(monitor, self.root)
        self._rms = threading.Thread(target=server.run, daemon=True)
        self._rms.start()
        wait_until((self.root / "socket").exists, "RMS answers", PATIENCE)

    def _is_stopped(self) -> bool:
        nodes = self.hosts.nodes
        return all(ask(self.root, n, ["hvdisp", "-a"], PATIENCE).code for n in nodes)

    def _end_rms(self) -> None:
        if self._rms is not None:
            ask(self.root, None, ["stop"], PATIENCE)
            self._rms.join(PATIENCE)
            self._rms = None

    def act(self, verb: str, node: str) -> None:
        """Have RMS's fake do *verb* to *node*: panic, boot."""
        answer = ask(self.root, node, [verb], PATIENCE)
        assert answer.code == 0, answer

    # --- what is typed -----------------------------------------------------------------

    def on(self, node: str, text: str, user: str = "root") -> str:
        """Return what *text* prints.  Raises AssertionError where it fails."""
        done = self.hosts.typed(f"{node}RMS", user, text, PATIENCE)
        assert done.returncode == 0, (node, text, done.stdout)
        return done.stdout

    def lay_monitored(self, *mount_points: str) -> None:
        """Put where it belongs what Fsystem's Check reads: RMS's own has its ways."""
        for at in mount_points:
            device = next(name for name, where in VOLUMES.items() if where == at)
            laid = f"mount {device} {at}; echo monitored >{at}/monitored; umount {at}"
            self.on("node1", f"mkdir -p {at}; {laid}")

    def offer(self, how: str) -> None:
        """Have hvw begin with what the application file names, or know that too."""
        self.on("node1", f"{command('fake-hvw')} --{how} app1.toml")

    @contextmanager
    def procedure(self, heading: str) -> Iterator[Steps]:
        """Have what stands below *heading* typed; in the end nothing of it may be left."""
        made = Steps(typed(PAGES)[heading], self._step)
        yield made
        made.ended()

    def set_up(self) -> None:
        """Do all that docs/setup.md has."""
        for heading in typed([SETUP]):
            if heading != APPLICATION:
                self.do(heading)
                continue
            self.lay_monitored("/mnt/swdsk1", "/mnt/monitor1")
            with self.procedure(heading) as steps:
                steps.run(3)
                self.offer("init")
                steps.run()

    def do(self, *headings: str) -> None:
        """Type all that stands below *headings*."""
        for heading in headings:
            with self.procedure(heading) as steps:
                steps.run()

    def _step(self, step: Command) -> None:
        node = f"{step.host}RMS"
        if step.text == "hvcm -a\n":
            self._renew_rms()
        if step.text == "reboot\n":
            self.act("panic", node)
            self.act("boot", node)
        elif step.text.startswith(LOOKS):
            self._looked(step)
        else:
            assert self._agrees(step), (step.at, step.seen, self.said)

    def _looked(self, step: Command) -> None:
        try:
            wait_until(lambda: self._agrees(step), step.at, PATIENCE, 0.5)
        except TimeoutError as ex:
            ex.add_note(f"wanted: {step.seen}\nsaid: {self.said}")
            raise

    def _agrees(self, step: Command) -> bool:
        places = self.places()
        wanted = tuple(placed(line, places) for line in step.seen)
        user = "root" if step.root else "postgres"
        text = placed(step.text, places)
        done = self.hosts.typed(f"{step.host}RMS", user, text, PATIENCE)
        self.said = done.stdout
        if not step.text.startswith(LOOKS):
            refused = any("error:" in line for line in wanted)
            assert (done.returncode != 0) == refused, (step.at, done)
        return agree(wanted, self.said)
