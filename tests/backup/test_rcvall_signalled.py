"""pgx_rcvall ended by a signal at one place of its work after another: all of it, or nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import of_directory, wait_until
from tests.backup.made_backups import Destination, leftovers, tree
from tests.backup.test_rcvall_killed import backed_up as backed_up
from tests.signal_strikes import Result, Strike

pytestmark = [pytest.mark.one_postgres, pytest.mark.long, pytest.mark.timeout(600)]
RESTORE = ("restoring", "recovering", "holding", "exchanging", "areas", "note")
FILES = (
    *(f"pgx_mirror/restore/{name}.py" for name in RESTORE),
    "running/server.py",
    "command/pgx_rcvall.py",
    "pgx_base/heeded.py",
)
# What begins something that is to be ended, and what is beyond taking back.
OF = ("_sockets", "fork", "_begin", "recover", "_taken", "Forked.release",
      "go_on", "_move_up", "write", "drop_old", "restore", "_restore")  # fmt: skip


def again(place: Path, kept: Path) -> None:
    """Have *place* be what *kept* is."""
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-a", kept, place], check=True)


def test_ended_anywhere_the_old_data_is_back_or_the_new_is_whole(
    backed_up: Destination, open_tmp: Path
) -> None:
    data, archive = backed_up.server.data, backed_up.archive
    temporary = open_tmp / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    backed_up.more["TMPDIR"] = str(temporary)
    for place in (data, archive):
        again(open_tmp / f"{place.name}.kept", place)
    before = tree(data)

    def restore(strike: Strike) -> Result:
        line = backed_up.line()
        process = backed_up.popen(strike.line("pgx_mirror.command.pgx_rcvall", *line))
        stdout, stderr = process.communicate(timeout=120)
        return process.returncode, stdout, stderr

    counts = Strike(open_tmp / "strikes", FILES)
    assert counts.run(restore)[0] == 0
    for strike in counts.picked(*OF, most=1):
        for place in (data, archive):
            again(place, open_tmp / f"{place.name}.kept")
        code, stdout, stderr = strike.run(restore)
        where = strike.where()
        wait_until(lambda: not of_directory(open_tmp), f"{where}: the end")
        assert leftovers(data) == [], where
        assert list(temporary.iterdir()) == [], where
        if code:
            assert tree(data) == before, where
            assert stdout == "", where
            assert stderr.endswith("pgx_rcvall: error: interrupted\n"), where
        else:
            assert "restored from backup" in stdout, where
