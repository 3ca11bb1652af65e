"""What the installer leaves: commands that everybody can run, and nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from pgx_base.version import VERSION
from tests.packages.fix_bundle import ROOT, Run, environment, prefix_of, state
from tools.commands import COMMANDS

pytestmark = [pytest.mark.root, pytest.mark.packages]

SAMPLES = [
    "mc_arb.service.sample",
    "mc_arbitration.conf.sample",
    "mc_network.conf.sample",
    "mc_server.conf.sample",
    "mcoi.service.sample",
    "rc_mcoi.sample",
]


@pytest.fixture
def prefix(open_tmp: Path, run: Run) -> Path:
    """An installation, made under root's closed umask."""
    made = prefix_of(open_tmp)
    done = run(made)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"installed in {made}: put {made}/bin on root's PATH" in done.stdout
    return made


def _as_nobody(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, user="nobody", env={}, capture_output=True, text=True)


def test_everybody_can_run_every_command_and_read_what_belongs_to_it(
    prefix: Path,
) -> None:
    assert sorted(os.listdir(prefix / "bin")) == sorted(COMMANDS)
    said = _as_nobody(prefix / "bin" / "mc_ctl", "--version")
    assert said.stdout == f"mc_ctl (pgx-primecluster) {VERSION}\n", said.stderr
    sample = _as_nobody("cat", prefix / "share" / "mc_network.conf.sample")
    assert sample.returncode == 0

    assert sorted(p.name for p in (prefix / "share").glob("*.sample")) == SAMPLES
    guide = prefix / "share" / "doc" / "pgx_pclrsc" / "docs" / "installation.md"
    assert guide.read_text() == (ROOT / "docs" / "installation.md").read_text()


def test_it_is_compiled_and_names_nothing_outside(prefix: Path) -> None:
    site = next(prefix.glob("versions/*/venv/lib/python*/site-packages"))
    compiled = {path.name.split(".")[0] for path in site.rglob("pgx_*/**/*.pyc")}
    assert {path.stem for path in site.rglob("pgx_*/**/*.py")} <= compiled

    for path in prefix.rglob("*"):
        text = path.read_bytes() if path.is_file() and path.suffix != ".so" else b""
        assert os.fsencode(ROOT) not in text, path


def test_what_the_generated_units_name_outlives_the_version(
    prefix: Path, open_tmp: Path
) -> None:
    code = (
        "import sys; sys.argv[0] = sys.argv[1];"
        f"sys.path.insert(0, {str(next(prefix.glob('versions/*/venv/lib/*/site-packages')))!r});"
        "from pgx_mirror.command import service; print(service._installdir())"
    )
    python = environment()["PYTHON"]
    for program in (
        prefix / "bin" / "mc_ctl",
        next(prefix.glob("versions/0*/bin/mc_ctl")),
    ):
        said = subprocess.check_output([python, "-I", "-c", code, program], text=True)
        assert said == f"{prefix}\n"


def test_over_a_running_one_no_check_ever_breaks(
    prefix: Path, whole_bundle: Path
) -> None:
    """RMS would take a failed import's exit code 1 for Offline, and that for a fault."""
    answers: set[int] = set()
    first = os.readlink(prefix / "versions" / "current")
    with subprocess.Popen(
        [whole_bundle / "install", prefix], env=environment(), stdout=subprocess.DEVNULL
    ) as again:
        while again.poll() is None:
            check = [prefix / "bin" / "pgx_check"]  # without a name: exit 2
            answers.add(subprocess.run(check, stderr=subprocess.DEVNULL).returncode)

    assert again.returncode == 0
    assert answers == {2}
    assert os.readlink(prefix / "versions" / "current") != first


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("at", ["venv", "bin", "share"])
def test_ended_midway_it_changes_nothing_that_counts(
    prefix: Path, run: Run, whole_bundle: Path, at: str, number: int
) -> None:
    before = state(prefix)
    ended = subprocess.Popen(
        [whole_bundle / "install", prefix], env=environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(
        lambda: len(list(prefix.glob(f"versions/0*/{at}"))) == 2, "it works", 60, 0.001
    )
    ended.send_signal(number)
    ended.wait(60)

    assert (prefix / "bin" / "pgx_check").exists()
    if number != signal.SIGKILL:
        assert state(prefix) == before
        return
    assert [line for line in state(prefix) if line in before] == before
    assert run(prefix).returncode == 0
    assert len(list(prefix.glob("versions/0*"))) == 2, "what was left is cleared away"


def test_ended_midway_for_the_first_time_it_leaves_nothing(
    open_tmp: Path, whole_bundle: Path
) -> None:
    prefix = prefix_of(open_tmp)
    with subprocess.Popen(
        [whole_bundle / "install", prefix], env=environment(), stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    ) as ended:  # fmt: skip
        wait_until(lambda: list(prefix.glob("versions/0*/venv")), "it works", 60, 0.001)
        ended.send_signal(signal.SIGTERM)
        said = ended.communicate(timeout=60)[1]

    assert ended.returncode == 1
    assert said == "install: error: interrupted\ninstall: hint: Begin it again.\n"
    assert not (open_tmp / "opt").exists()


def test_what_runs_keeps_its_version_until_it_has_ended(prefix: Path, run: Run) -> None:
    """As a monitor does, which names its version, and an Online, which names a link."""
    old = (prefix / "versions" / "current").resolve()
    runs = subprocess.Popen(
        ["sh", "-c", "read x", old / "bin" / "pgx_monitor"], stdin=subprocess.PIPE
    )
    for _ in range(2):
        assert run(prefix).returncode == 0
    assert old.exists()

    runs.communicate()
    assert run(prefix).returncode == 0
    assert not old.exists()
    assert len(list(prefix.glob("versions/0*"))) == 2, "the one before is kept"


def test_a_script_that_was_called_by_its_link_keeps_what_counted_then(
    prefix: Path, run: Run
) -> None:
    old = (prefix / "versions" / "current").resolve()
    online = prefix / "bin" / "pgx_online"
    runs = subprocess.Popen(["sh", "-c", "read x", online], stdin=subprocess.PIPE)
    for _ in range(2):
        assert run(prefix).returncode == 0
    assert old.exists()

    os.utime(old / "REPLACED", (0, 0))  # long before that script began
    assert run(prefix).returncode == 0
    assert not old.exists()
    runs.communicate()
