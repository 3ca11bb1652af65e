"""fake-rms and the hv commands as programs, found by FAKE_RMS_STATE."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.os_user import plain_environment
from fixtures.processes import wait_until
from tests.fake_rms.shell import HEAD, PLAIN
from tools.commands import FAKES, PACKAGES, write_fakes

CHECKOUT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands, written as `make commands` writes them."""
    there = tmp_path_factory.mktemp("bin")
    paths = [str(CHECKOUT / part) for part in PACKAGES]
    write_fakes(Path(sys.executable).parents[1], there, paths, str(CHECKOUT))
    return there


@pytest.fixture
def run(programs: Path, tmp_path: Path) -> Iterator[Run]:
    """Return a function that runs a command in a cluster's directory of its own."""
    state = tmp_path / "state"

    def call(
        *argv: str, node: str = "", **env: str
    ) -> subprocess.CompletedProcess[str]:
        given = plain_environment("root") | {"FAKE_RMS_STATE": str(state)} | env
        if node:
            given["RELIANT_HOSTNAME"] = node
        program = str(programs / argv[0])
        return subprocess.run(
            [program, *argv[1:]], env=given, text=True, capture_output=True, timeout=60
        )

    yield call
    call("fake-rms", "stop")
    assert not (state / "socket").exists()


@pytest.fixture
def app(tmp_path: Path) -> str:
    """An application file."""
    path = tmp_path / "app.toml"
    path.write_text(HEAD + PLAIN)
    return str(path)


def test_a_session_as_the_manual_types_it(run: Run, app: str) -> None:
    assert run("fake-rms", "start", app, "--interval", "0.2").returncode == 0

    def online(node: str) -> bool:
        shown = run("hvdisp", "-T", "userApplication", node=node).stdout.splitlines()
        return shown[-1].split() == ["app1", "userApp", "Online"]

    wait_until(lambda: online("node1RMS"), "online on the first node")
    assert run("hvutil", "-f", "app1", node="node1RMS").returncode == 0
    wait_until(
        lambda: "Wait" not in run("hvdisp", "-a").stdout, "offline on the first node"
    )
    assert run("hvswitch", "app1", "node2RMS", node="node2RMS").returncode == 0
    wait_until(lambda: online("node2RMS"), "online on the second node")
    assert run("hvutil", "-s", "app1", node="node1RMS").returncode == 0
    assert run("hvshut", "-a").returncode == 0
    assert "RMS is not running" in run("hvdisp", "-a").stderr


def test_refusals_exit_1(run: Run, app: str) -> None:
    run("fake-rms", "start", app, "--interval", "0.2")

    refused = run("hvswitch", "nothing")
    again = run("fake-rms", "start", app)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "hvswitch: there is no userApplication nothing\n"
    assert again.returncode == 1
    assert "runs in" in again.stderr
    nowhere = run("hvdisp", "-a", node="nowhereRMS")
    assert nowhere.returncode == 1
    assert nowhere.stderr == 'hvdisp: error: there is no node "nowhereRMS"\n'


@pytest.mark.parametrize("program", sorted(set(FAKES) - {"fake-hvw", "fake-rms"}))
def test_without_a_cluster_rms_is_not_running(run: Run, program: str) -> None:
    said = run(program, "-a")
    assert (said.returncode, said.stderr) == (1, f"{program}: RMS is not running\n")


def test_without_a_directory_it_says_so(run: Run) -> None:
    said = run("hvdisp", "-a", FAKE_RMS_STATE="")
    assert said.returncode == 1
    assert said.stderr.startswith("fake-rms: error: FAKE_RMS_STATE is not set\n") or (
        "FAKE_RMS_STATE is not set" in said.stderr
    )


def test_a_wrong_file_starts_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('name = "A"\n[[resource]]\nname = "a b"\n')

    said = run("fake-rms", "start", str(path))

    assert said.returncode == 1
    assert f"{path}:1:1: an application needs machines" in said.stderr
    assert f"{path}:3:1: " in said.stderr
    assert not (tmp_path / "state").exists()


def test_facts_and_knobs(run: Run, app: str) -> None:
    shown = run("fake-rms", "facts", "--knob", "kill=term").stdout
    assert "kill = term   (term | kill | group)" in shown
    wrong = run("fake-rms", "start", app, "--knob", "kill=softly")
    assert wrong.returncode == 1
    assert 'knob "kill" is one of term, kill, group' in wrong.stderr


def test_watch_panic_and_boot(run: Run, app: str) -> None:
    run("fake-rms", "start", app, "--interval", "0.2")

    def rows() -> list[list[str]]:
        return [
            line.split()
            for line in run("fake-rms", "watch", "--once").stdout.splitlines()
        ]

    wait_until(lambda: ["app1", "userApp", "Online"] in rows(), "a row")

    assert run("fake-rms", "panic", "node1RMS").returncode == 0

    shown = run("hvdisp", "-a", node="node2RMS").stdout
    assert "node1RMS            SysNode                     Faulted" in shown
    assert run("fake-rms", "boot", "node1RMS").returncode == 0


def test_the_daemon_is_called_bm(run: Run, app: str, tmp_path: Path) -> None:
    run("fake-rms", "start", app)
    named = [
        pid
        for pid in os.listdir("/proc")
        if pid.isdigit() and _comm(pid) == "bm" and str(tmp_path) in _cmdline(pid)
    ]
    assert len(named) == 1


def _comm(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _cmdline(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except OSError:
        return ""
