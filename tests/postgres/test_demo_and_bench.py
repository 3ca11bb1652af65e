"""`make demo` holds, and `make bench` runs; neither leaves anything behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.bed import disk
from fixtures.bed.bed import why_not
from fixtures.binaries import Binaries
from fixtures.processes import of_directory, wait_until

ROOT = Path(__file__).resolve().parents[2]


def _run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *argv],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=400,
    )


def _left(what: str) -> set[Path]:
    return set(Path("/tmp").glob(f"pgx-{what}-*"))


@pytest.fixture
def no_bed(tmp_path: Path) -> str:
    """A PATH without the bed's tools: nodes are directories then, as without root."""
    return str(tmp_path)


def _in_order(shown: str, *wanted: str) -> None:
    """See that each of *wanted* is shown behind the one before."""
    at = 0
    for each in wanted:
        found = re.compile(each).search(shown, at)
        assert found, f"{each}\n{shown}"
        at = found.end()


@pytest.mark.one_postgres
@pytest.mark.parametrize("where", ["here", "on directories"])
def test_the_demo_holds(postgresql: Binaries, no_bed: str, where: str) -> None:
    demo = _run("fixtures.demo", **({} if where == "here" else {"PATH": no_bed}))

    assert demo.returncode == 0, demo.stdout + demo.stderr
    bed = where == "here" and not why_not()
    home = re.search(r"on (the bed|directories) below (/tmp/pgx-demo-\w+)", demo.stdout)
    assert home and (home[1] == "the bed") is bed
    _in_order(
        demo.stdout,
        r"node1RMS: Online of Cmdline_pgxtest, the database: exit 0",
        r"client: first commit on node1RMS",
        r"postmaster \d+ killed",
        r"monitor: the record says Faulted",
        r"node1RMS: Check of Cmdline_pgxtest says Faulted",
        r"node1RMS: Offline of Cmdline_pgxtest, the database: exit 0",
        r"node2RMS: Online of Cmdline_pgxtest, the database: exit 0",
        r"client: first commit on node2RMS",
        r"all \d+ acknowledged rows are there",
        r"nothing is left running",
    )
    assert not Path(home[2]).exists()


@pytest.mark.one_postgres
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["run by", "first commit", "killed"])
def test_the_demo_that_is_stopped_leaves_nothing(
    postgresql: Binaries, number: signal.Signals, when: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "fixtures.demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        homes = set[str]()
        for line in demo.stdout:
            homes |= set(re.findall(r"/tmp/pgx-demo-\w+", line))
            if when in line:
                break
        os.killpg(demo.pid, number)
        said = demo.stdout.read()
        assert demo.wait(60) == 128 + number, said
    assert homes
    for home in homes:
        assert not Path(home).exists()
        wait_until(lambda home=home: not of_directory(home), "nothing runs")  # type: ignore[misc]
        assert disk.attached(home) == {}


@pytest.mark.one_postgres
def test_a_second_signal_ends_no_clearing_of_the_pairs_demo(
    postgresql: Binaries,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "fixtures.pair_demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        home = Path(next(line.split()[-1] for line in demo.stdout if "below" in line))
        wait_until(lambda: of_directory(home), "something runs", 60, 0.001)
        demo.send_signal(signal.SIGINT)
        while demo.poll() is None:
            demo.send_signal(signal.SIGINT)
            time.sleep(0.01)
        _, stderr = demo.communicate(timeout=60)

    assert (demo.returncode, stderr) == (128 + signal.SIGINT, "")
    assert not of_directory(home)
    assert not home.exists()


@pytest.mark.one_postgres
def test_the_bench_runs(postgresql: Binaries) -> None:
    before = _left("bench")
    bench = _run("fixtures.bench", "--quick")

    assert bench.returncode == 0, bench.stdout + bench.stderr
    assert "pgx_check against python3 -I -S -c pass, wall" in bench.stdout
    if why_not():
        assert f"needs the bed, which {why_not()}" in bench.stdout
    else:
        assert "the agent's own share against a hand-run" in bench.stdout
    assert _left("bench") <= before
