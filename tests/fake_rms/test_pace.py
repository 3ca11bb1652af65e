"""The base monitor: Check's pace, nodes, and what commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import processes
from fixtures.fake_rms.model.events import Where
from fixtures.fake_rms.shell.checks import Key
from tests.fake_rms.shell import MakeSmall, scripted

DB = Key(Where("app1", "node1RMS"), "db")


def test_check_runs_once_right_after_start(small: MakeSmall) -> None:
    """With an hour between two Checks it comes Online at once all the same."""
    rms = small(interval=3600)

    rms.start()

    rms.reaches("Online", "Offline")
    rms.type("hvutil -f app1")
    rms.reaches("Offline", "Offline")


def test_a_slow_check_is_run_half_as_often(small: MakeSmall) -> None:
    rms = small(interval=10)
    rms.start()
    rms.reaches("Online", "Offline")
    due = rms.monitor.schedule.due[DB]

    for took, pause in ((0.2, 10), (0.3, 20)):
        rms.monitor.schedule.begin(DB)
        assert rms.monitor.schedule.ended(DB, 1000.0, 1000.0 + took)
        assert due.at == 1000.0 + pause


def test_a_panic_takes_the_nodes_processes_along(
    small: MakeSmall, tmp_path: Path
) -> None:
    text = "sleep 600 >/dev/null 2>&1 & echo $! >$FAKE_RMS_NODE/pid\n: >$FAKE_RMS_NODE/run/db\n"
    rms = small(scripted(tmp_path, text))
    rms.start()
    rms.reaches("Online", "Offline")

    rms.monitor.panic("node1RMS")

    assert processes.gone(int((rms.home / "node1RMS/pid").read_text()))
    rms.until(lambda: rms.state("node2RMS") == "Online")
    rms.monitor.panic("node2RMS")


def test_hvdisp_prints_the_manuals_table(small: MakeSmall) -> None:
    rms = small()
    assert rms.type("hvdisp -a").lines == ("hvdisp: RMS is not running",)
    rms.start()
    rms.reaches("Online", "Offline")

    lines = rms.type("hvdisp -T userApplication").lines

    assert lines[1:] == (
        "Local System:  node1RMS",
        "Configuration: /opt/SMAW/SMAWRrms/build/config.us",
        "",
        "Resource            Type       HostName         State        StateDetails",
        "-" * 77,
        "app1                userApp                     Online",
    )
    assert rms.type("hvdisp -T userApplication", "node2RMS").lines[6:] == (
        "app1                userApp                     Offline",
        "app1                userApp    node1RMS         Online",
    )
    assert any("gRes" in line for line in rms.type("hvdisp -a").lines)


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("hvswitch", "no userApplication given"),
        ("hvutil -x app1", "option -x not recognized"),
        ("hvutil -f", "no userApplication given"),
        ("hvutil app1", "one of -f, -c, -d, -a, -s and -m is needed"),
        ("hvutil -m maybe app1", '"maybe" is neither on nor off nor forceoff'),
        ("hvutil -f app1 app2", 'unexpected argument "app2"'),
        ("hvshut", "one of -l, -a, -L and -A is needed"),
        ("hvshut -l -a", "one of -l, -a, -L and -A is needed"),
        ("hvdisp", "one of -a, -T, ENV and ENVL is needed"),
        ("hvcm -z", "option -z not recognized"),
        ("hvcm -s nowhere", 'there is no node "nowhere"'),
        ("hvcm -a -s node1RMS", "-a and -s cannot be used together"),
        ("hvswitch a b c", 'unexpected argument "c"'),
    ],
)
def test_what_is_typed_wrong_is_told_what_and_how(
    small: MakeSmall, command: str, wrong: str
) -> None:
    rms = small()
    answer = rms.type(command)
    program = command.split()[0]
    assert answer.code == 1
    assert answer.lines[0] == f"{program}: error: {wrong}"
    assert answer.lines[1].startswith(f"usage: {program}")


def test_hvshut_comes_back_when_rms_has_stopped(small: MakeSmall) -> None:
    rms = small()
    rms.start()
    rms.reaches("Online", "Offline")

    assert rms.type("hvshut -a").code == 0

    assert not (rms.home / "node1RMS/run/db").exists()
    assert rms.type("hvshut -a").lines == ("hvshut: RMS is not running",)


def test_what_rms_remembers_outlives_the_monitor(small: MakeSmall) -> None:
    """OnlinePriority=1 after both nodes were stopped and everything is started anew."""
    rms = small(attributes="OnlinePriority = 1")
    rms.start()
    rms.reaches("Online", "Offline")
    rms.type("hvswitch app1")
    rms.reaches("Offline", "Online")
    rms.type("hvshut -a")
    rms.monitor.close()

    again = small(attributes="OnlinePriority = 1")
    again.start()

    again.reaches("Offline", "Online")
