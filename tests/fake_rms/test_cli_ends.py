"""How fake-rms ends: by Ctrl-C, by SIGTERM, by a reader that leaves, by what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from tests.fake_rms.shell import HEAD, PLAIN

CHECKOUT = Path(__file__).resolve().parents[2]
LONG = "use app.toml\nstart\npause for 60 s\n"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A directory with an application, a transition that takes long, and a cluster's state."""
    (tmp_path / "app.toml").write_text(HEAD + PLAIN)
    (tmp_path / "long.rms").write_text(LONG)
    (tmp_path / "tmp").mkdir()
    yield tmp_path
    end(begin(tmp_path, "stop"))


def begin(place: Path, *argv: str) -> subprocess.Popen[str]:
    env = {
        "PATH": os.defpath,
        "PYTHONPATH": str(CHECKOUT),
        "FAKE_RMS_STATE": str(place / "state"),
        "TMPDIR": str(place / "tmp"),
    }
    # Whoever runs the tests in the background has SIGINT ignored, and children inherit that.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heed}; from fixtures.fake_rms.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", program, *argv],
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def end(child: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = child.communicate(timeout=60)
    return child.returncode, out, err


@pytest.fixture
def cluster(place: Path) -> Path:
    """The same, with the cluster running."""
    code, _, err = end(begin(place, "start", str(place / "app.toml")))
    assert code == 0, err
    return place


def test_watch_ends_by_an_interrupt_without_a_traceback(cluster: Path) -> None:
    child = begin(cluster, "watch", "--every", "0.1")
    assert child.stdout is not None
    child.stdout.readline()

    child.send_signal(signal.SIGINT)

    code, _, err = end(child)
    assert (code, err) == (128 + signal.SIGINT, "")


def test_watch_ends_when_its_reader_leaves(cluster: Path) -> None:
    child = begin(cluster, "watch", "--every", "0.01")
    assert child.stdout is not None
    child.stdout.readline()

    child.stdout.close()

    assert child.wait(60) == 128 + signal.SIGPIPE
    assert child.stderr is not None
    with child.stderr:
        assert child.stderr.read() == ""


def test_watch_of_a_node_that_is_not_there(cluster: Path) -> None:
    code, out, err = end(begin(cluster, "watch", "--node", "node7RMS"))

    assert (code, out) == (1, "")
    assert err == 'hvdisp: error: there is no node "node7RMS"\n'


@pytest.mark.parametrize("argv", [("watch", "--every"), ("start", "x", "--interval")])
@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_that_is_none(place: Path, argv: tuple[str, ...], number: str) -> None:
    code, _, err = end(begin(place, *argv, number))

    assert code == 2
    assert number in err.splitlines()[-1]


def test_all_knobs_that_are_wrong_are_told(place: Path) -> None:
    given = ("--knob", "bogus=1", "--knob", "kill=softly")
    code, _, err = end(begin(place, "start", str(place / "app.toml"), *given))

    assert code == 1
    assert [line.partition(": ")[2] for line in err.splitlines()] == [
        'error: there is no knob "bogus"',
        'error: knob "kill" is one of term, kill, group',
        "hint: fake-rms facts lists them.",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_replay_that_is_ended_leaves_nothing(place: Path, number: int) -> None:
    child = begin(place, "replay", str(place / "long.rms"))
    # Not at the first file: tempfile tries the directory before it is used.
    wait_until(
        lambda: any(name.startswith("fake-rms-") for name in _left(place)),
        "the replay's directory",
    )

    child.send_signal(number)

    code, _, err = end(child)
    assert (code, err) == (128 + number, "")
    assert _left(place) == []


def _left(place: Path) -> list[str]:
    return os.listdir(place / "tmp")


def test_every_file_names_its_own_errors(place: Path) -> None:
    for name in ("one", "two"):
        (place / f"{name}.rms").write_text("use no.toml\nboot\n")
    files = [str(place / f"{name}.rms") for name in ("one", "two")]

    code, out, err = end(begin(place, "replay", *files))

    assert (code, out) == (1, "")
    errors = [line for line in err.splitlines() if ": error: " in line]
    assert errors == [
        f"fake-rms: error: {file}:{place_of}"
        for file in files
        for place_of in (
            '1:5: there is no application file "no.toml"',
            "2:5: node is missing",
        )
    ]
