"""A campaign on pairs that is ended in the middle leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.binaries import found
from fixtures.pair_bed.bed import why_not
from fixtures.processes import children, gone, of_directory, wait_until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not found(), reason="no PostgreSQL is found"),
]


# What says that a server runs, below the worker's own directory.
_PID_FILE = "server1/postmaster.pid"
_SOCKET = "server1/now/run/postgresql/.s.PGSQL.5432"
_PATIENCE = 150.0  # seconds: a bed and a server are made, and cleared
_ON_BED = pytest.param(
    ["--bed"],
    _SOCKET,
    marks=[
        pytest.mark.root,
        pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
    ],
)


def _started(where: Path, *more: str) -> subprocess.Popen[str]:
    report = str(where / "report.jsonl")
    options = ["--seed", "5", "--faults", "9", "--jobs", "1", "--report", report]
    return subprocess.Popen(
        [sys.executable, "-m", "fixtures.pair_chaos", *options, *more],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(where)},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(("ground", "running"), [([], _PID_FILE), _ON_BED])
def test_its_pair_is_ended(
    open_tmp: Path, number: signal.Signals, ground: list[str], running: str
) -> None:
    """The worker notices that nobody asks any more, whatever ended the one who did."""
    with _started(open_tmp, *ground) as chaos:
        there = f"pgx-chaos-*/{running}"
        wait_until(lambda: list(open_tmp.glob(there)), "it runs", _PATIENCE)
        (worker,) = children(chaos.pid)
        chaos.send_signal(number)
        wait_until(lambda: gone(worker), "the worker has ended", _PATIENCE)
        said, _ = chaos.communicate(timeout=60)

    assert not list(open_tmp.glob("pgx-chaos-*"))
    # What was forked just then may exec yet: it finds nothing, and ends.
    wait_until(lambda: not of_directory(open_tmp), "nothing runs")
    assert "Traceback" not in said
    assert chaos.returncode == (130 if number == signal.SIGINT else -number)
