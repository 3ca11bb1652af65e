"""A cluster of the bed at which an administrator types what docs/pacemaker.md has."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures import binaries
from fixtures.commands import command
from fixtures.pacemaker.cluster import NODES, Cluster, cluster
from fixtures.pacemaker.stack import PATIENT
from fixtures.processes import wait_until
from tests.pages.blocks import ROOT, Command, typed
from tests.pages.played import agree, placed

PAGE = ROOT / "docs/pacemaker.md"
NAME, PATIENCE = "pgxtest", 300.0  # seconds: one call of pcs was seen to take 55
# Behind a resource's state: Pacemaker waits for a monitor's answer.  It was seen to stay for
# two minutes once, four times as long as a monitor may take.
_LOOKING = " (Monitoring)"
# What only looks is asked again until it says what the page has.
LOOKS = (
    "pcs status",
    "pcs resource failcount",
    "crm resource status",
    "pgx_pclrsc --status",
)


class Typed:
    """The nodes of *made*, on which nothing is registered yet."""

    def __init__(self, made: Cluster) -> None:
        self.made, self.said = made, ""

    def prepare(self) -> None:
        """Have the nodes as the page finds them."""
        for node in NODES:
            self.run(node, f"pgx_pclrsc -d -c {NAME}; mkdir -p /var/log/crmsh")

    def places(self, node: str) -> dict[str, str]:
        """Return what stands for a place on the page, and what it is on *node*."""
        each, bed = self.made.instances[NAME], self.made.bed
        bins, own = binaries.found()[0].directory, bed.root / node / "os_user"
        return {
            "-u postgres": f"-u {bed.user.name}",
            "/var/opt/pgx/pgxtest": str(own / f"work-{NAME}"),
            "/var/opt/pgx": str(own),
            "-n node1RMS,node2RMS": f"-n node1RMS,node2RMS --bin-dir={bins}",
            "/dev/sdb1": each.device,
            "/mnt/data": each.mount,
            "192.0.2.100": each.address,
            "--wait=60": f"--wait={PATIENCE:.0f}",
        }

    def run(self, node: str, text: str, *, root: bool = True) -> int:
        """Have a shell on *node* run *text*; keep what it prints, return its exit code."""
        user, own = self.made.bed.user, binaries.found()[0].directory
        path = f"PATH={Path(command('pgx_ocf')).parent}:{own}:/usr/sbin:/usr/bin:/sbin:/bin"
        shell = ["env", path, "sh", "-ec", text]
        if not root:
            who = [f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups"]
            shell = ["setpriv", *who, *shell]
        done = subprocess.run(
            self.made.stack.inside(node, *shell),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2 * PATIENCE,
        )
        self.said = done.stdout
        return done.returncode

    def type(self, step: Command) -> None:
        """Do *step*, and see what must be seen."""
        try:
            tries = PATIENCE if step.text.startswith(LOOKS) else 0.0
            wait_until(lambda: self._agrees(step), step.at, tries, 0.5)
        except TimeoutError as ex:
            ex.add_note(f"wanted: {step.seen}\nsaid: {self.said}")
            raise

    def _agrees(self, step: Command) -> bool:
        places = self.places(step.host)
        code = self.run(step.host, placed(step.text, places), root=step.root)
        wanted = tuple(placed(line, places) for line in step.seen)
        return code == 0 and agree(wanted, self.said.replace(_LOOKING, ""))

    def do(self, *headings: str) -> None:
        """Type all that stands below *headings*."""
        for heading in headings:
            for step in typed([PAGE])[heading]:
                self.type(step)


@contextmanager
def nodes() -> Iterator[Typed]:
    """Provide nodes with a cluster, an instance on a shared disk, and nothing else."""
    with cluster((NAME,), token=PATIENT) as made:
        there = Typed(made)
        there.prepare()
        yield there
