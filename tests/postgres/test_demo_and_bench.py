"""`make demo` holds, and `make bench` runs; neither leaves anything behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.binaries import Binaries

ROOT = Path(__file__).resolve().parents[2]


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *argv],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )


def _left(what: str) -> set[Path]:
    return set(Path("/tmp").glob(f"pgx-{what}-*"))


@pytest.mark.one_postgres
def test_the_demo_holds(postgresql: Binaries) -> None:
    before = _left("demo")
    demo = _run("fixtures.demo")

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert re.search(r"all \d+ acknowledged rows are there", demo.stdout)
    assert _left("demo") <= before


@pytest.mark.one_postgres
def test_the_bench_runs(postgresql: Binaries) -> None:
    before = _left("bench")
    bench = _run("fixtures.bench", "--quick")

    assert bench.returncode == 0, bench.stdout + bench.stderr
    assert "pgx_check against python3 -I -S -c pass, wall" in bench.stdout
    assert _left("bench") <= before
