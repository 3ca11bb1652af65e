"""tools.run_open ended as it begins its command: the command is ended too."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from fixtures.processes import of_directory, wait_until
from tests.signal_strikes import ROOT, Result, Strike

FILES = ("tools/run_open.py", "/subprocess.py")


def test_its_command_hears_what_has_come_as_it_was_begun(tmp_path: Path) -> None:
    script = tmp_path / "waits"
    script.write_text("#!/bin/sh\nread x <waits.fifo\n")
    script.chmod(0o755)
    os.mkfifo(tmp_path / "waits.fifo")
    quick = tmp_path / "ends"
    quick.write_text("#!/bin/sh\n")
    quick.chmod(0o755)

    def run(command: Path) -> Result:
        process = subprocess.Popen(
            strike.line("tests.unit.struck_run_open", "run", str(command)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        stdout, stderr = process.communicate(timeout=60)
        return process.returncode, stdout, stderr

    strike = counts = Strike(tmp_path / "strikes", FILES)
    assert counts.run(lambda _: run(quick))[0] == 0
    for each in counts.picked("Popen._execute_child", "Popen.__init__", most=3):
        strike = each
        code, _, stderr = run(script)
        assert (code, stderr) == (128 + signal.SIGTERM, ""), counts.where()
        wait_until(lambda: not of_directory(tmp_path), f"{counts.where()}: the end")
