"""mc_ctl setup --method=command killed, or interrupted, while the command restores."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_mirror.setup import unfinished
from tests.fix_mcdir import Mcdir
from tests.mirror.setups import arguments, errors, run_standby, setup, untouched

pytestmark = pytest.mark.one_postgres
_SLOW = """\
#!/bin/sh
touch "$1/global" "$1/standby.signal"
echo $$ >{pid}
sleep 600
"""


def begun(
    mcdir: Mcdir, primary: Server, where: Path
) -> tuple[subprocess.Popen[str], int]:
    """Start a setup; return it when its command works, and the command's PID."""
    pid, program = mcdir.home / "pid", where / "slow"
    program.write_text(_SLOW.format(pid=pid))
    program.chmod(0o755)
    line = ["setup", "-M", str(mcdir.path), "--local-server=nd2", *arguments(primary)]
    process = mcdir.popen(*line, "--method=command", f"{program} %D")
    wait_until(lambda: pid.exists() and pid.read_text() != "", "it restores", 60)
    return process, int(pid.read_text())


def test_a_restore_that_was_killed_is_ended_and_begun_anew(
    mcdir: Mcdir, primary: Server, standby: Server, program_home: Path
) -> None:
    """The command outlives who has called it, and must not write into what comes then."""
    process, command = begun(mcdir, primary, program_home)
    process.kill()
    process.communicate()
    assert not gone(command)
    (error,) = errors(mcdir.of("nd2", "start"))
    assert error == (
        f'data directory "{standby.data}" is not whole: its setup was not finished'
    )

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert gone(command)
    assert not (standby.data / "global").is_file()
    run_standby(primary, standby)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_restore_that_is_interrupted_is_taken_back(
    mcdir: Mcdir,
    primary: Server,
    standby: Server,
    program_home: Path,
    number: signal.Signals,
) -> None:
    process, command = begun(mcdir, primary, program_home)

    process.send_signal(number)
    process.communicate(timeout=60)

    assert process.returncode == 1
    wait_until(lambda: gone(command), "it is ended")
    assert list(standby.data.iterdir()) == []
    assert unfinished.of(str(mcdir.path), "nd2") is None
    untouched(mcdir, primary)
