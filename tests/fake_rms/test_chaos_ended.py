"""A chaos run that is ended in the middle leaves nothing of its beds behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.bed.bed import why_not
from fixtures.processes import children, gone, kill, wait_until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


def _started(where: Path) -> subprocess.Popen[str]:
    """Start one long run, with its bed below *where*."""
    report = str(where / "report.jsonl")
    options = ["--seed", "5", "--transitions", "40", "--steps", "40", "--jobs", "1"]
    return subprocess.Popen(
        [sys.executable, "-m", "fixtures.chaos", *options, "--report", report],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(where)},
    )


def _left(where: Path) -> list[str]:
    """Return the mounts, loop devices and directories of a bed below *where*."""
    found = [
        m for m in Path("/proc/self/mounts").read_text().splitlines() if str(where) in m
    ]
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found += [text] if str(where) in (text := file.read_text()) else []
        except OSError:
            pass  # it was freed just now
    return found + [str(path) for path in where.glob("pgx-chaos-*")]


def test_a_second_signal_does_not_stop_the_clearing(open_tmp: Path) -> None:
    """A terminal sends SIGINT to both, and the one who asks sends another."""
    with _started(open_tmp) as chaos:
        log = "pgx-chaos-*/node1RMS/log/switchlog"
        wait_until(lambda: list(open_tmp.glob(log)), "it runs", 60)
        (worker,) = children(chaos.pid)
        for _ in range(20):
            if not gone(worker):
                kill(worker, signal.SIGINT)
                time.sleep(0.05)
        wait_until(lambda: gone(worker), "the worker has ended", 60)
        chaos.send_signal(signal.SIGINT)
        chaos.communicate(timeout=60)

    assert _left(open_tmp) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_bed_is_cleared(open_tmp: Path, number: signal.Signals) -> None:
    """The worker notices that nobody asks any more, whatever ended the one who did."""
    with _started(open_tmp) as chaos:
        wait_until(
            lambda: list(open_tmp.glob("pgx-chaos-*/node1RMS/log/switchlog")),
            "it runs",
            60,
        )
        (worker,) = children(chaos.pid)
        chaos.send_signal(number)
        wait_until(lambda: gone(worker), "the worker has ended", 60)
        said, _ = chaos.communicate(timeout=60)

    assert _left(open_tmp) == []
    assert "Traceback" not in said
    assert chaos.returncode == (130 if number == signal.SIGINT else -number)
