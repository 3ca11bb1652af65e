"""`make bench-pacemaker` runs, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.pacemaker.marks import MARKS

pytestmark = MARKS


def test_the_bench_under_pacemaker_runs() -> None:
    before = set(Path("/tmp").glob("pgx-bench-*"))
    bench = subprocess.run(
        [sys.executable, "-m", "fixtures.bench", "--quick", "ocf", "pacemaker"],
        text=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
    )

    assert bench.returncode == 0, bench.stdout + bench.stderr
    for row in (
        "monitor of ocf:pgx:pgsql against heartbeat/pgsql, CPU",
        "under Pacemaker, SIGKILL to the first commit elsewhere",
        "under Pacemaker, a move to the first commit elsewhere",
    ):
        (line,) = [line for line in bench.stdout.splitlines() if line.startswith(row)]
        assert " ms" in line and " x" in line
    assert set(Path("/tmp").glob("pgx-bench-*")) <= before
