"""The whole road: registered, declared, checked, typed into hvw, and started by RMS.

On the bed, with a real PostgreSQL; hvw and RMS are this project's fakes, and RMS starts
what hvw has activated.  The numbers are those of the manual.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import binaries
from fixtures.bed.bed import why_not
from fixtures.bed.cluster import MACHINES, Cluster
from fixtures.commands import command

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(
        os.geteuid() == 0 and bool(why_not()), reason=f"the bed {why_not()}"
    ),
    pytest.mark.timeout(120),
]
FIRST, SECOND = MACHINES
DATA = "/mnt/swdsk1/inst1"
NAME = "pgxtest"
ONLINE = f"""
start
wait {FIRST} app1 Online within 40 s
"""
STOP = f"""
on {FIRST} type hvshut -a
"""
SWITCH = f"""
on {FIRST} type hvswitch app1 {SECOND}
wait {SECOND} app1 Online within 40 s
wait {FIRST} app1 Offline within 10 s
"""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two nodes with an instance on the shared disk; nothing is registered yet."""
    with tempfile.TemporaryDirectory(prefix="pgx-road-") as home:
        made = Cluster(Path(home))
        try:
            made.file_system("/mnt/monitor1")
            made.file_system("/mnt/swdsk1", DATA)
            made.make()
            yield made
        finally:
            assert made.close() == []


def good(*done: subprocess.CompletedProcess[str]) -> str:
    """Return what commands that must succeed have printed."""
    for each in done:
        assert each.returncode == 0, (each.args, each.stdout, each.stderr)
    return "".join(each.stdout for each in done)


def registered(cluster: Cluster, *options: object) -> None:
    bins = f"--bin-dir={binaries.found()[0].directory}"
    good(*cluster.register(NAME, DATA, bins, *options))


def declared(cluster: Cluster) -> Path:
    """Write the application file that `init` prints, with the paths of this checkout."""
    text = good(cluster.wizard("init", NAME))
    scripts = str(Path(command("pgx_online")).parent)
    file = cluster.home / "app1.toml"
    file.write_text(text.replace("/opt/pgx_pclrsc/bin", scripts))
    return file


def tables(cluster: Cluster, file: Path) -> None:
    """Write the nodes' fstab.pcl from what `files` makes (2.3.4.2)."""
    where = Path(tempfile.mkdtemp(dir=cluster.home)) / "files"
    good(cluster.wizard("files", file, "-o", where))
    cluster.fstab_pcl.write_text((where / "fstab.pcl").read_text())


def checked(cluster: Cluster, file: Path) -> None:
    said = cluster.wizard("check", file, "--fstab-pcl", cluster.fstab_pcl)
    good(said)
    assert said.stderr == ""


def a1(cluster: Cluster) -> Path:
    """Do the manual's A.1 with the file that `init` writes; return that file."""
    registered(cluster)
    file = declared(cluster)
    tables(cluster, file)
    good(cluster.type(1, command("fake-hvw"), "--init", file))
    checked(cluster, file)
    said = cluster.apply(file)
    good(said)
    assert "configuration config activated" in said.stdout
    return file


def test_a_resource_is_registered_declared_typed_into_hvw_and_started(
    cluster: Cluster,
) -> None:
    """A.1, then 2.3.13: start, switch and stop."""
    a1(cluster)

    cluster.rms(f"""{ONLINE}
        expect {FIRST} Cmdline000_Cmd_APP1 Online
        scripts {FIRST} Online:Gds000_Gds_APP1 Online:Fsystem000_Lfs_APP1 \
            Online:Fsystem001_Lfs_APP1 Online:Gls000_Gls_APP1 Online:Cmdline000_Cmd_APP1
        on {FIRST} run sql 'create table t (a int); insert into t values (1)'
        {SWITCH}
        on {SECOND} run test $(sql 'select a from t') = 1
        on {FIRST} type hvswitch app1 {FIRST}
        wait {FIRST} app1 Online within 40 s
        {STOP}
        on {FIRST} run ! postmaster {DATA}
        on {FIRST} run ! grep /mnt/swdsk1 /proc/self/mounts""")
