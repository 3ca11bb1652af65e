"""A restore that was not finished: nobody starts there, and everybody says what helps."""

from __future__ import annotations

import subprocess

from fixtures.commands import command
from tests.fix_mcdir import Mcdir


def barred(mcdir: Mcdir) -> str:
    """Have nd1's data directory be one that pgx_rcvall was killed in."""
    data = mcdir.path.parent / "nd1"
    data.mkdir(mode=0o700)
    (data / "pgx_rcvall.note").write_text("{}")
    for path in (data, data / "pgx_rcvall.note"):
        mcdir.user.own(path)
    return str(data)


def test_neither_a_start_nor_a_setup_touches_it(mcdir: Mcdir) -> None:
    data = barred(mcdir)
    why = f'data directory "{data}" is not whole: its restore was not finished'
    where = ["-r", "standby", "-h", "127.0.0.1", "-p", "9", "-U", "x"]
    for words in (["start"], ["setup", *where, "--standby-name=nd1"]):
        done = mcdir.of("nd1", *words)
        assert done.returncode == 1
        assert f"mc_ctl: error: {why}\n" in done.stderr
        assert "mc_ctl: hint: Run pgx_rcvall again.\n" in done.stderr


def test_status_says_it(mcdir: Mcdir) -> None:
    barred(mcdir)
    done = mcdir.of("nd1", "status")
    assert "the restore of its data directory was not finished" in done.stdout
    assert "Run pgx_rcvall again there." in done.stdout


def test_a_note_that_cannot_be_understood_is_left_alone(mcdir: Mcdir) -> None:
    data = barred(mcdir)
    done = subprocess.run(
        [command("pgx_rcvall"), "-D", data, "-B", str(mcdir.home)],
        env=mcdir.environment(),
        capture_output=True,
        text=True,
        **mcdir.user.popen_options(),
    )
    assert done.returncode == 1
    assert f'could not read "{data}/pgx_rcvall.note": it is garbled' in done.stderr
    assert (mcdir.path.parent / "nd1" / "pgx_rcvall.note").read_text() == "{}"
