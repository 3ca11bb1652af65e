"""The base monitor with real scripts: environment, time-outs, output."""

from __future__ import annotations

import os
import re
import resource
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.fake_rms.model.messages import fault_reason
from fixtures.fake_rms.model.names import Cause, Script
from fixtures.fake_rms.shell.switchlog import entry
from tests.fake_rms.shell import PLAIN, MakeSmall, scripted


def test_what_scripts_find_in_their_environment(small: MakeSmall) -> None:
    rms = small()
    rms.start()
    rms.reaches("Online", "Offline")
    rms.type("hvutil -f app1")
    rms.reaches("Offline", "Offline")

    start, stop = (rms.environment("node1RMS", each) for each in ("start", "stop"))

    assert (start["HV_APPLICATION"], start["HV_NODENAME"]) == ("app1", "db")
    assert "HV_OFFLINE_REASON" not in start
    assert stop["HV_OFFLINE_REASON"] == "STOP"
    assert stop["HV_LAST_DET_REPORT"] == "Online"
    assert start["RELIANT_HOSTNAME"] == "node1RMS"
    assert start["HV_SCRIPT_TYPE"] == "Online"
    assert "USER" not in start


def test_check_gets_two_variables_only(small: MakeSmall, tmp_path: Path) -> None:
    noted = tmp_path / "check.env"
    rms = small(PLAIN.replace("'test -e", f"'env >{noted}; test -e"))
    rms.start()
    rms.reaches("Online", "Offline")

    names = set(re.findall(r"^(HV_\w+)=", noted.read_text(), re.M))

    assert names == {"HV_APPLICATION", "HV_NODENAME"}


def test_a_scripts_words_stand_before_its_fault_in_switchlog(
    small: MakeSmall, tmp_path: Path
) -> None:
    rms = small(scripted(tmp_path, "echo the cause >&2\nexit 1\n"))
    rms.start()
    rms.reaches("Faulted", "Faulted")

    log = rms.log("node1RMS")

    assert 0 < log.index("the cause\n") < log.index("(DET, 3)")
    assert "the cause\n" in (rms.home / "node1RMS/log/app1.log").read_text()


@pytest.mark.parametrize("command", ["/nowhere/script", "/etc/passwd", "'"])
def test_a_script_that_cannot_run_has_failed(small: MakeSmall, command: str) -> None:
    rms = small(PLAIN.replace(PLAIN.splitlines()[3], f'start = "{command}"'))
    rms.start()

    rms.reaches("Faulted", "Faulted")

    assert f"could not run {command}" in rms.log("node1RMS")


@pytest.mark.parametrize("kill", ["term", "kill", "group"])
def test_each_kind_of_kill_at_the_time_out(
    small: MakeSmall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill: str
) -> None:
    """SIGTERM can be seen by the script; only the group's kill takes its children along."""
    monkeypatch.setattr("fixtures.fake_rms.shell.process.GRACE", 60.0)
    child, seen = tmp_path / "child", tmp_path / "seen"
    text = f"trap 'echo TERM >{seen}; exit 1' TERM\nsleep 600 & echo $! >{child}\nwait\nsleep 600\n"
    rms = small(scripted(tmp_path, text, 600.0), "AutoSwitchOver = 'No'", kill=kill)
    rms.start()
    rms.until(lambda: child.exists() and child.read_text().endswith("\n"))
    rms.time_out(Script.ONLINE)
    rms.until(lambda: "was killed at its time-out" in rms.log("node1RMS"))
    pid = int(child.read_text())

    assert seen.exists() is (kill == "term")
    if kill == "group":
        processes.wait_until(lambda: processes.gone(pid), "it has gone along")
    assert processes.gone(pid) is (kill == "group")

    processes.kill(pid)
    rms.reaches("Faulted", "Offline")


def test_a_script_that_ignores_sigterm_is_killed_in_the_end(
    small: MakeSmall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.fake_rms.shell.process.GRACE", 0.2)
    text = "trap '' TERM\nwhile :; do sleep 0.1; done\n"
    rms = small(scripted(tmp_path, text, 0.3), "AutoSwitchOver = 'No'", kill="term")

    rms.start()

    rms.reaches("Faulted", "Offline")


def test_output_without_end_costs_no_memory(small: MakeSmall, tmp_path: Path) -> None:
    text = "head -c 200000000 /dev/zero | tr '\\0' x\nexit 1\n"
    rms = small(scripted(tmp_path, text, 300), "AutoSwitchOver = 'No'")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rms.start()
    rms.reaches("Faulted", "Offline", 300)

    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert after - before < 20_000  # KB
    assert len(rms.log("node1RMS")) < 100_000
    assert "more bytes were not kept" in rms.log("node1RMS")


def test_children_that_a_script_leaves_behind_do_not_hold_it_up(
    small: MakeSmall, tmp_path: Path
) -> None:
    text = f"sleep 60 & echo $! >{tmp_path}/child\n: >$FAKE_RMS_NODE/run/db\n"
    rms = small(scripted(tmp_path, text, 55))

    rms.start()

    rms.reaches("Online", "Offline", 50)
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_a_line_of_switchlog_is_that_of_the_manuals_sample() -> None:
    stamp = datetime(2012, 5, 14, 11, 8, 22, 60_000, tzinfo=UTC)

    text = entry(stamp, "DET", "3", "ERROR", fault_reason("x", Cause.SCRIPT))

    assert text == (
        "2012-05-14 11:08:22.060:(DET, 3): ERROR: FAULT REASON: Resource <x>"
        " transitioned to a Faulted state due to a script failure.\n: ====\n"
    )
