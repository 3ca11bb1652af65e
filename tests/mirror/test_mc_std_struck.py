"""mc_std called off at one place of its work after another: nothing of a start is left."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import of_directory, wait_until
from tests.fix_mcdir import NETWORK, Mcdir
from tests.mirror.test_mc_std import ended
from tests.mirror.test_mc_std import std as std
from tests.signal_strikes import Result, Strike

FILES = ("command/boot.py", "/subprocess.py", "/contextlib.py", "pgx_base/heeded.py")
# Where a child is begun and waited for, and how the command ends.
OF = ("Popen._execute_child", "Popen.__del__", "_Attempts._attempt", "start")


@pytest.fixture
def silent(std: Mcdir) -> Mcdir:
    """A start that says nothing: no signal of a closed pipe ends what was forgotten."""
    text = Path("/etc/services").read_text()
    ports = re.findall(r"(?m)^\S+\s+(\d{4,})/tcp", text)
    std.write("network.conf", NETWORK.format(*ports[:2]))
    return std


def test_called_off_anywhere_nothing_is_left_that_it_does_not_tell(
    silent: Mcdir,
) -> None:
    def start(strike: Strike) -> Result:
        words = [str(silent.bin.parent), str(silent.path), "--local-server=nd1"]
        where = "pgx_mirror.command.mc_std", str(silent.bin / "mc_std")
        return ended(
            subprocess.Popen(
                strike.line(*where, "--wait=60", "start", *words),
                env=silent.environment(),
                cwd="/",
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **silent.user.popen_options(),
            )
        )

    counts = Strike(silent.home.parent / "strikes", FILES)
    assert counts.run(start)[0] == 0
    silent.of("nd1", "stop")
    for strike in counts.picked(*OF, most=3):
        code, _, stderr = strike.run(start)
        where = strike.where()
        if code == 0:
            assert silent.lives("nd1"), where
            assert stderr == "", where
            silent.of("nd1", "stop")
        wait_until(lambda: not of_directory(silent.home.parent), f"{where}: the end")
        told = (
            "mc_std: error: the start was called off, and what it had begun stopped\n"
        )
        assert code <= 0 or stderr == told, where
