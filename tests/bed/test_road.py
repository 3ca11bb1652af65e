"""The whole road: registered, declared, checked, typed into hvw, and started by RMS.

On the bed, with a real PostgreSQL; hvw and RMS are this project's fakes, and RMS starts
what hvw has activated.  The numbers are those of the manual.
"""

from __future__ import annotations

import os
import re
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
]
FIRST, SECOND = MACHINES
DATA = "/mnt/swdsk1/inst1"
NAME = "pgxtest"
ONLINE = f"""
start
wait {FIRST} app1 Online within 90 s
"""
STOP = f"""
on {FIRST} type hvshut -a
"""
SWITCH = f"""
on {FIRST} type hvswitch app1 {SECOND}
wait {SECOND} app1 Online within 90 s
wait {FIRST} app1 Offline within 90 s
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
        wait {FIRST} app1 Online within 90 s
        {STOP}
        on {FIRST} run ! postmaster {DATA}
        on {FIRST} run ! grep /mnt/swdsk1 /proc/self/mounts""")


MONITOR = """
[[file_systems.mount]]
mount_point = "/mnt/monitor2"
device = "/dev/sfdsk/{disk_class}/dsk/volume0004"
type = "ext4"
options = "noauto,ro"
purpose = "monitor"
"""
SPACE = """
[[file_systems.mount]]
mount_point = "/mnt/swdsk2"
device = "/dev/sfdsk/{disk_class}/dsk/volume0003"
type = "ext4"
options = "noauto"
purpose = "tablespace"
monitored_by = "{monitor}"
"""
KEEP_A_ROW = f"on {FIRST} run sql 'create table t (a int); insert into t values (1)'"


@pytest.mark.parametrize("new_class", [True, False])
def test_a_tablespace_on_a_new_file_system_goes_with_a_switch(
    cluster: Cluster, new_class: bool
) -> None:
    """3.1 and A.2: with a new disk class and without one."""
    file = a1(cluster)
    cluster.rms(f"{ONLINE}\n{KEEP_A_ROW}\n{STOP}")

    extend(file, new_class)
    for point in ["/mnt/monitor2"] * new_class + ["/mnt/swdsk2"]:
        cluster.file_system(point)
    tables(cluster, file)
    good(cluster.type(1, command("fake-hvw"), "--offer", file))
    checked(cluster, file)
    said = cluster.apply(file)
    good(said)
    added = ["class0002", "/mnt/monitor2"] if new_class else []
    assert re.findall(r": (\S+) added", said.stderr) == [*added, "/mnt/swdsk2"]

    cluster.rms(f"""{ONLINE}
        on {FIRST} run mkdir -m 700 /mnt/swdsk2/ts
        on {FIRST} run chown {cluster.bed.user.name} /mnt/swdsk2/ts
        on {FIRST} run sql "create tablespace ts location '/mnt/swdsk2/ts'"
        on {FIRST} run sql 'create table s (a int) tablespace ts; insert into s values (2)'
        {SWITCH}
        on {SECOND} run test $(sql 'select t.a + s.a from t, s') = 3
        on {SECOND} run grep -q ' /mnt/swdsk2 ' /proc/self/mounts
        on {FIRST} run ! grep ' /mnt/swdsk2 ' /proc/self/mounts
        {STOP}""")


def extend(file: Path, new_class: bool) -> None:
    """Add a file system for a tablespace at the end, on a class of its own or not."""
    text = file.read_text()
    if new_class:
        text = text.replace('["class0001"]', '["class0001", "class0002"]')
        text += MONITOR.format(disk_class="class0002")
        text += SPACE.format(disk_class="class0002", monitor="/mnt/monitor2")
    else:
        text += SPACE.format(disk_class="class0001", monitor="/mnt/monitor1")
    file.write_text(text)


def test_a_resource_is_modified(cluster: Cluster) -> None:
    """3.2: out of the application, registered anew, and in again."""
    file = a1(cluster)
    cluster.rms(f"{ONLINE}\n{KEEP_A_ROW}\n{STOP}")

    good(cluster.apply(file, "--without-database"))
    good(*cluster.unregister(NAME))
    registered(cluster, "--online-timeout=7200", "--watch-interval=1")
    said = cluster.wizard("check", file, "--fstab-pcl", cluster.fstab_pcl)
    assert said.returncode == 1
    assert "7200" in said.stderr
    file.write_text(file.read_text().replace("timeout = 3600", "timeout = 7200"))
    checked(cluster, file)
    good(cluster.apply(file))

    cluster.rms(f"""{ONLINE}
        on {FIRST} run $BIN/pgx_pclrsc -p -c {NAME} | grep -q 'watch.interval.*1'
        on {FIRST} run test $(sql 'select a from t') = 1
        {SWITCH}
        on {SECOND} run test $(sql 'select a from t') = 1
        {STOP}""")


def test_a_resource_is_deleted(cluster: Cluster) -> None:
    """3.2: the application goes on without it; the data stays."""
    file = a1(cluster)
    cluster.rms(f"{ONLINE}\n{KEEP_A_ROW}\n{STOP}")

    good(cluster.apply(file, "--without-database"))
    good(*cluster.unregister(NAME))

    told = cluster.rms(f"""{ONLINE}
        on {FIRST} run test -e {DATA}/PG_VERSION
        on {FIRST} run ! postmaster {DATA}
        {SWITCH}
        on {SECOND} run test -e {DATA}/PG_VERSION
        {STOP}""")
    assert not [line for line in told if "Cmdline" in line]
    gone = cluster.type(1, command("pgx_pclrsc"), "-p", "-c", NAME)
    assert gone.returncode == 1


def test_what_hvw_holds_and_has_not_activated_is_not_started(cluster: Cluster) -> None:
    """Saved and generated is not activated: RMS starts what was activated last."""
    file = a1(cluster)
    good(cluster.apply(file, "--without-database", "--until=generate"))

    cluster.rms(f"{ONLINE}\nexpect {FIRST} Cmdline000_Cmd_APP1 Online\n{STOP}")
