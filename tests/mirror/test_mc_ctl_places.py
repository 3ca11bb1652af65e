"""mc_ctl as a process, on directories that are none, or are not where they may be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.commands import command
from pgx_mirror.core.mark import LOCK
from tests.fix_mcdir import Mcdir
from tests.mirror.test_mc_ctl import quiet


def test_an_empty_data_directory_names_setup(mcdir: Mcdir, open_tmp: Path) -> None:
    """What a setup that was undone leaves.  The controller is the real one."""
    (mcdir.bin / "mc_main").unlink()
    shutil.copy(command("mc_main"), mcdir.bin)
    data = open_tmp / "nd1"
    data.mkdir(mode=0o700)
    mcdir.user.own(data)

    started = mcdir.of("nd1", "start")

    assert (started.returncode, started.stdout) == (1, "")
    assert quiet(started.stderr) == (
        f'mc_ctl: error: no instance in data directory "{data}"\n'
        'mc_ctl: detail: "PG_VERSION" could not be read: No such file or directory.\n'
        "mc_ctl: hint: Make it a standby's with mc_ctl setup, "
        "or see that its disk is mounted.\n"
    )
    assert not list(data.iterdir())


@pytest.mark.parametrize("damage", ["missing", "file"])
def test_a_management_directory_that_is_none_is_told(mcdir: Mcdir, damage: str) -> None:
    shutil.rmtree(mcdir.path)
    if damage == "file":
        Path(mcdir.path).write_text("")
    for args in (["start"], ["status"], ["stop", "-e"], ["secret"]):
        refused = mcdir.run(*args, "-M", mcdir.path)

        assert refused.returncode == 1
        assert "management directory" in refused.stderr
        assert "internal error" not in refused.stderr


def test_a_management_directory_in_a_tablespace_is_refused(mcdir: Mcdir) -> None:
    """It would be copied, or emptied, with the instance."""
    data = mcdir.path.parent / "nd1"
    (data / "pg_tblspc").mkdir(parents=True)
    (data / "pg_tblspc" / "16384").symlink_to(mcdir.path.parent)
    where = ["-r", "standby", "-h", "127.0.0.1", "-p", "1", "-U", "u"]
    for args in (["start"], ["setup", *where, "--standby-name=nd1"]):
        refused = mcdir.of("nd1", *args)

        assert refused.returncode == 1
        assert "management directory is inside tablespace 16384" in refused.stderr
    assert mcdir.journal() == []


_HOLDS = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print(flush=True)
time.sleep(600)
"""


def test_a_directory_that_another_controller_works_on_is_told_with_whose(
    mcdir: Mcdir, open_tmp: Path
) -> None:
    """Not after a minute, in which no hand of ours could end: ours hold our own lock too."""
    (mcdir.bin / "mc_main").unlink()
    shutil.copy(command("mc_main"), mcdir.bin)
    data = open_tmp / "nd1"
    data.mkdir(mode=0o700)
    (data / "PG_VERSION").write_text("15\n")
    for path in (data, data / "PG_VERSION"):
        mcdir.user.own(path)
    words = [str(data / LOCK), "-M", "/elsewhere/mc", "--local-server", "nd9", "-f"]
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, *words],
        stdout=subprocess.PIPE,
        cwd="/",
        **mcdir.user.popen_options(),
    ) as other:
        try:
            assert other.stdout and other.stdout.readline()
            refused = mcdir.refused("nd1", "-w")
        finally:
            other.kill()

    assert (refused.returncode, refused.stdout) == (1, "")
    assert quiet(refused.stderr) == (
        f'mc_ctl: error: another controller works on data directory "{data}"\n'
        'mc_ctl: detail: It is that of server "nd9", management directory "/elsewhere/mc"; '
        f"processes: {other.pid}.\n"
        "mc_ctl: hint: One data directory has one controller: correct db_instance, or stop "
        "that one.\n"
    )
