"""pgx_dmpall ended by a signal at one place of its work after another: a backup, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from pgx_base import proc
from tests.backup.dumps import Dumps
from tests.signal_strikes import Result, Strike

pytestmark = [pytest.mark.one_postgres, pytest.mark.long, pytest.mark.timeout(600)]
FILES = (
    *(f"pgx_mirror/backup/{name}.py" for name in ("making", "proving", "locking")),
    *(f"pgx_mirror/setup/{name}.py" for name in ("copying", "programs")),
    "command/dumping.py",
    "command/pgx_dmpall.py",
    "pgx_base/heeded.py",
    "pgx_base/held_signal.py",
)
# What begins what is to be ended or taken back, what is the commit, and what is behind it.
OF = ("_made", "_copy", "copy", "running", "_start", "_ended", "kill", "prove", "synced",
      "_finish", "make", "_act", "dump", "Heeded.ending")  # fmt: skip


def at_work(place: Dumps) -> list[int]:
    """Return who has to do with the destination."""
    mine = str(place.destination)
    return [pid for pid in proc.pids() if any(mine in w for w in proc.cmdline(pid))]


def test_ended_anywhere_there_is_a_backup_or_none(
    dumped: Dumps, open_tmp: Path
) -> None:
    def dump(strike: Strike) -> Result:
        program = "pgx_mirror.command.pgx_dmpall", command("pgx_dmpall")
        process = dumped.begin(*strike.line(*program, *dumped.words()))
        stdout, stderr = process.communicate(timeout=120)
        return process.returncode, stdout, stderr

    counts = Strike(open_tmp / "strikes", FILES)
    assert counts.run(dump)[0] == 0
    for strike in counts.picked(*OF, most=2):
        dumped.settles()
        code, stdout, stderr = strike.run(dump)
        where = strike.where()
        wait_until(lambda: not at_work(dumped), f"{where}: the end", 60)
        found = dumped.found()
        if code:
            assert stderr.endswith("pgx_dmpall: error: interrupted\n"), (where, stderr)
            assert (stdout, dumped.entries()) == ("", []), where
        else:
            assert stdout.startswith('backup "'), where
            assert [one.name for one in found.good] == dumped.entries(), where
