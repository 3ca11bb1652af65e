"""hvenv.local, and what RMS takes from it at its start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.fake_rms.shell import hvenv, realtime
from tests.fake_rms.shell import PLAIN, MakeSmall, Small


def _write(rms: Small, node: str, text: str) -> None:
    path = rms.home / node / "hvenv.local"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_an_open_quote_keeps_one_nodes_rms_from_starting(small: MakeSmall) -> None:
    rms = small(attributes='PartialCluster = 1\nAutoStartUp = "yes"')
    _write(rms, "node2RMS", "export A=1\nexport B='open\n")
    said = rms.type("hvcm -a")

    assert said.code == 1
    assert "hvenv.local:2: No closing quotation: export B='open" in said.lines[0]
    assert "RMS has failed to start!" in rms.log("node2RMS")
    rms.until(lambda: rms.state("node1RMS") == "Online")
    assert not rms.monitor.cluster.nodes["node2RMS"].rms
    assert "failed to start" not in rms.log("node1RMS")

    _write(rms, "node2RMS", "export B=closed\n")
    assert rms.type("hvcm", "node2RMS").code == 0


@pytest.mark.parametrize("data", [b"export A=\xff\n", b"export A=a\0b\n", None])
def test_what_is_no_text_keeps_one_nodes_rms_from_starting(
    small: MakeSmall, data: bytes | None
) -> None:
    rms = small(attributes='PartialCluster = 1\nAutoStartUp = "yes"')
    path = rms.home / "node2RMS/hvenv.local"
    if data is None:
        path.mkdir()
    else:
        path.write_bytes(data)
    said = rms.type("hvcm -a")

    assert said.code == 1
    assert "RMS has failed to start! hvenv.local is not" in said.lines[0]
    rms.until(lambda: rms.state("node1RMS") == "Online")
    assert not rms.monitor.cluster.nodes["node2RMS"].rms


def test_a_pipe_in_its_place_holds_no_node_up(small: MakeSmall) -> None:
    rms = small()
    os.mkfifo(rms.home / "node2RMS/hvenv.local")

    assert "is not a file" in rms.type("hvcm", "node2RMS").lines[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("export A='one\ntwo' B=3\n", {"A": "one\ntwo", "B": "3"}),
        ("# that's all\nexport A= # nothing\nB=4\n", {"A": ""}),
        ('\texport A="it\'s"\n', {"A": "it's"}),
    ],
)
def test_what_a_file_exports(text: str, found: dict[str, str]) -> None:
    assert hvenv.parse(text) == found


@pytest.mark.parametrize("text", ["echo don't\n", "export A=1\nB='\nexport C=2\n"])
def test_an_open_quote_counts_wherever_it_is(text: str) -> None:
    with pytest.raises(hvenv.Broken, match="No closing quotation"):
        hvenv.parse(text)


def test_a_broken_file_is_no_matter_while_rms_runs(small: MakeSmall) -> None:
    rms = small()
    rms.start()
    _write(rms, "node1RMS", "export B='open\n")

    assert "already running" in rms.type("hvcm").lines[0]
    assert "failed to start" not in rms.log("node1RMS")


def test_a_file_that_breaks_later_disturbs_nothing(small: MakeSmall) -> None:
    rms = small()
    _write(rms, "node1RMS", "export B=before\n")
    rms.start()
    rms.reaches("Online", "Offline")
    _write(rms, "node1RMS", "export B='open\n")
    assert rms.type("hvswitch app1 node2RMS").code == 0
    rms.reaches("Offline", "Online")

    assert rms.environment("node1RMS", "stop")["B"] == "before"
    assert rms.type("hvdisp ENVL").lines == ("B=before",)


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 5.0), ("0", 5.0), ("5", 5.0), ("45", 45.0)]
)
def test_the_connect_timeout_has_a_least_value(text: str, seconds: float) -> None:
    assert hvenv.connect_timeout({"HV_CONNECT_TIMEOUT": text}) == seconds


def test_rms_takes_the_connect_timeout_from_the_file(small: MakeSmall) -> None:
    rms = small()
    _write(rms, "node1RMS", "export HV_CONNECT_TIMEOUT=7\n")
    rms.start()

    _write(rms, "node1RMS", "export HV_CONNECT_TIMEOUT=9\n")
    assert rms.type("hvcm").code == 1  # it runs already, and heeds nothing anew
    nodes = rms.monitor.cluster.nodes
    assert nodes["node1RMS"].connect_timeout == 7.0
    assert nodes["node2RMS"].connect_timeout is None
    with pytest.raises(hvenv.Broken):
        hvenv.connect_timeout({"HV_CONNECT_TIMEOUT": "soon"})


NOTED = PLAIN.replace("'env >", "'chrt -p $$ >$FAKE_RMS_NODE/class; env >", 1)


@pytest.mark.parametrize(
    ("text", "shown"), [("", "50"), ("HV_REALTIME_PRIORITY=7", "7")]
)
def test_scripts_run_in_the_real_time_class(
    small: MakeSmall, text: str, shown: str
) -> None:
    """Where the machine forbids it, as to an ordinary user, that is said."""
    rms = small(NOTED, realtime="yes")
    _write(rms, "node1RMS", f"export {text}\n" if text else "")
    rms.start()
    rms.reaches("Online", "Offline")
    seen = (rms.home / "node1RMS/class").read_text()

    if realtime.why_not():
        assert "SCHED_OTHER" in seen
        assert "in the ordinary scheduling class" in rms.log("node1RMS")
    else:
        assert "SCHED_FIFO" in seen
        assert seen.split()[-1] == shown


def test_a_priority_of_0_is_the_ordinary_class(small: MakeSmall) -> None:
    rms = small(NOTED, realtime="yes")
    _write(rms, "node1RMS", "export HV_REALTIME_PRIORITY=0\n")
    rms.start()
    rms.reaches("Online", "Offline")

    assert "SCHED_OTHER" in (rms.home / "node1RMS/class").read_text()


def test_the_applications_log_is_there_from_the_beginning_of_processing(
    small: MakeSmall,
) -> None:
    slow = PLAIN.replace("env >", "sleep 30; env >", 1)
    rms = small(slow, attributes='AutoStartUp = "no"')
    rms.start()
    rms.reaches("Offline", "Offline")
    log = Path(rms.home / "node1RMS/log/app1.log")
    assert not log.exists()  # Checks alone are no processing

    assert rms.type("hvswitch app1 node1RMS").code == 0
    assert os.stat(log).st_size == 0
    assert not (rms.home / "node2RMS/log/app1.log").exists()
