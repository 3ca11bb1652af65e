"""mc_ctl setup ended by a signal at one place of its work after another: done, or undone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.server import Server
from pgx_mirror.setup import unfinished
from tests.backup.made_backups import tree
from tests.fix_mcdir import Mcdir
from tests.mirror.setups import arguments, untouched, unused
from tests.signal_strikes import Result, Strike

FILES = (
    *(f"pgx_mirror/setup/{name}.py" for name in ("making", "unfinished", "keeping")),
    *(f"pgx_mirror/command/{name}.py" for name in ("standby", "mc_ctl")),
    "pgx_base/heeded.py",
)
# What notes that something is begun, does it, takes the note away, and what comes then.
OF = ("write", "_fill", "remove", "_copy", "run")


def empty(standby: Server, mcdir: Mcdir, primary: Server) -> None:
    shutil.rmtree(standby.data)
    standby.data.mkdir(mode=0o700)
    mcdir.user.own(standby.data)
    unused(primary)
    primary.ask("select pg_drop_replication_slot(slot_name) from pg_replication_slots")


def runner(mcdir: Mcdir, primary: Server, *more: str) -> Callable[[Strike], Result]:
    def setup(strike: Strike) -> Result:
        where = ["-M", str(mcdir.path), "--local-server=nd2"]
        words = [*where, *arguments(primary), *more]
        program = "pgx_mirror.command.mc_ctl", str(mcdir.bin / "mc_ctl")
        process = subprocess.Popen(
            strike.line(*program, "setup", *words),
            env=mcdir.environment(),
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **mcdir.user.popen_options(),
        )
        stdout, stderr = process.communicate(timeout=100)
        return process.returncode, stdout, stderr

    return setup


@pytest.mark.one_postgres
def test_ended_before_it_has_emptied_anything_what_is_there_stays(
    mcdir: Mcdir, primary: Server, standby: Server, open_tmp: Path
) -> None:
    setup = runner(mcdir, primary, "--method=copy")
    files = ("setup/making.py", "setup/unfinished.py", "setup/kept.py", "heeded.py")
    counts = Strike(open_tmp / "strikes", files)
    assert counts.run(setup)[0] == 0
    before = tree(standby.data)
    spared = 0
    for strike in counts.picked("save", "write", "_drop_slot", most=2):
        code, _, stderr = strike.run(setup)
        where = counts.where()
        if code and "emptying data directory" not in stderr:
            spared += 1
            assert "taking back" not in stderr, where
            assert tree(standby.data) == before, where
        else:
            assert code == 0 or list(standby.data.iterdir()) == [], where
            assert counts.run(setup)[0] == 0
            before = tree(standby.data)
    assert spared >= 2


@pytest.mark.one_postgres
def test_ended_anywhere_it_is_done_or_undone(
    mcdir: Mcdir, primary: Server, standby: Server, open_tmp: Path
) -> None:
    setup = runner(mcdir, primary)
    counts = Strike(open_tmp / "strikes", FILES)
    assert counts.run(setup)[0] == 0
    for strike in counts.picked(*OF, most=1):
        empty(standby, mcdir, primary)
        code, stdout, stderr = strike.run(setup)
        where = counts.where()
        if code:
            assert stderr.endswith("mc_ctl: error: interrupted\n"), (where, stderr)
            assert list(standby.data.iterdir()) == [], where
            untouched(mcdir, primary)
        else:
            assert "is a standby of" in stdout, where
            assert (standby.data / "PG_VERSION").exists(), where
            assert unfinished.of(str(mcdir.path), "nd2") is None, where
