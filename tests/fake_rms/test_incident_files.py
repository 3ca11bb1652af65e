"""`fake-rms from-trace`: files that are rotated, cut off, hostile, or not there at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.fake_rms.incident.command import from_trace
from fixtures.fake_rms.replay import grammar
from fixtures.fake_rms.replay.meaning import plan
from tests.fake_rms.incident_logs import BEGIN, DATABASE, Logs

NODE = "node1RMS"
KILLED = "on node1RMS run kill -9 $(postmaster)"


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """Logs of a cluster whose server is killed on the first node."""
    made = Logs(tmp_path)
    made.online(NODE)
    made.judged(NODE, "postmaster 1 has ended")
    made.fault(NODE, "2")
    made.offline(NODE, "FAULT")
    return made


def warned(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_the_older_half_of_a_trace_is_read_first(logs: Logs) -> None:
    lines = logs.files[f"trace-{NODE}"].splitlines(keepends=True)
    whole = logs.told()
    logs.files |= {
        f"trace-{NODE}.1": "".join(lines[:3]),
        f"trace-{NODE}": "".join(lines[3:]),
    }
    (logs.directory / "incident.rms").unlink()

    assert logs.told() == whole


@pytest.mark.parametrize("cut", [1, 30, 100, 200])
def test_a_trace_that_is_cut_off_tells_what_is_left(
    logs: Logs, cut: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.files[f"trace-{NODE}"] = logs.files[f"trace-{NODE}"][:-cut]

    assert KILLED in logs.told()
    assert "not told: " in warned(capsys)


def test_a_switchlog_that_is_cut_off_says_so(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.files[f"switchlog-{NODE}"] = logs.files[f"switchlog-{NODE}"][:-4]

    assert KILLED in logs.told()
    assert f"1 lines of switchlog-{NODE}" in warned(capsys)


@pytest.mark.parametrize(
    "reason",
    [
        "x\npanic node2RMS",
        "x\rpanic node2RMS",
        "x\x85panic node2RMS\u2028panic node2RMS\x00",
        'x"; panic node2RMS # $(touch /run/here) `touch /run/here`',
        "<script>alert(1)</script>" * 3000,
    ],
)
def test_nothing_of_a_reason_becomes_a_statement(tmp_path: Path, reason: str) -> None:
    logs = Logs(tmp_path)
    logs.online(NODE)
    logs.judged(NODE, reason)
    logs.online(NODE, f"pgx_online: error: {reason}", AUTORECOVER="1")

    found = logs.told()

    assert not any("panic" in line or "/run/here" in line for line in found)
    assert all("script" not in line for line in found)


@pytest.mark.parametrize(
    "asked",
    [
        {"APPLICATION": "app1;panic", "NODENAME": "Cmdline_pgxtest"},
        {"APPLICATION": "app1", "NODENAME": "x node2RMS"},
        {"OFFLINE_REASON": "STOP;panic"},
        {"OFFLINE_REASON": ""},
    ],
)
def test_names_that_the_application_has_not_are_not_written(
    logs: Logs, asked: dict[str, str]
) -> None:
    logs.runs(NODE, "pgx_offline", **asked)
    logs.fault(NODE, "2", "x> panic")
    logs.rms(NODE, "ADC", "6", "Host <panic> with configuration <c> requested")

    assert not any("panic" in line for line in logs.told())


def test_bytes_that_are_no_text_are_counted(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.asked()
    with (logs.directory / f"trace-{NODE}").open("ab") as file:
        file.write(b"\xff\xfe\x00\n" * 3 + b"2026-99-99 00:00:00.000 pgx_online[1] x\n")
    del logs.files[f"trace-{NODE}"]
    asked = logs.asked()
    given = [f"{NODE}={logs.directory}/trace-{NODE}"]

    assert from_trace(type(asked)(asked.use, given, asked.switchlogs)) == 0
    said = capsys.readouterr()
    assert KILLED in said.out
    assert f"4 lines of trace-{NODE}" in said.err


def test_a_clock_that_was_set_back_keeps_the_order(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.now = BEGIN
    logs.runs(NODE, "pgx_offline", OFFLINE_REASON="STOP")

    found = logs.told()

    assert found.index(KILLED) < found.index("on node1RMS type hvutil -c app1")
    assert "went back" in warned(capsys)


def test_one_time_that_is_far_off_moves_itself_alone(logs: Logs) -> None:
    logs.files[f"trace-{NODE}"] = (
        f"9999-01-01 00:00:00.000 pgx_online[1] x\n{logs.files[f'trace-{NODE}']}"
    )

    assert KILLED in logs.told()


def test_a_part_is_chosen_by_its_time(logs: Logs) -> None:
    logs.now = logs.now.replace(hour=9)
    logs.offline(NODE, "STOP")

    found = logs.told(since=logs.now.replace(hour=8))

    assert KILLED not in found
    assert "on node1RMS type hvutil -f app1" in found


def test_all_that_is_wrong_comes_at_once(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(logs.directory / "fifo")
    asked = logs.asked()
    wrong = ["node3RMS=x", "x", f"{NODE}={logs.directory}/none"]

    fifo = [f"{NODE}={logs.directory}/fifo"]
    assert from_trace(type(asked)(asked.use, wrong, fifo, output=asked.output)) == 1

    said = warned(capsys)
    assert 'there is no machine "node3RMS"' in said
    assert '"x" is not NODE=FILE' in said
    assert "No such file" in said
    assert "it is no regular file" in said
    assert not (logs.directory / "incident.rms").exists()


def test_what_is_there_is_not_overwritten(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    (logs.directory / "incident.rms").write_text("mine")

    assert from_trace(logs.asked()) == 1

    assert "could not write" in warned(capsys)
    assert (logs.directory / "incident.rms").read_text() == "mine"


def test_logs_of_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = Logs(tmp_path, files={f"trace-{NODE}": "", f"switchlog-{NODE}": ""})

    assert from_trace(logs.asked()) == 1

    assert "no log tells of anything" in warned(capsys)


def test_as_a_command(logs: Logs) -> None:
    asked = logs.asked()
    files = [f"--trace={asked.traces[0]}", f"--switchlog={asked.switchlogs[0]}"]
    line = [command("fake-rms"), "from-trace", f"--use={DATABASE}", *files]

    said = subprocess.run(line, capture_output=True, text=True, timeout=60)

    assert said.returncode == 0, said.stderr
    assert KILLED in said.stdout
    made = logs.directory / "it.rms"
    made.write_text(said.stdout)
    plan(grammar.read(made))
    assert (
        "is no time"
        in subprocess.run(
            [*line, "--since=today"], capture_output=True, text=True, timeout=60
        ).stderr
    )
