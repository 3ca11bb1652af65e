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

    assert rms.monitor.config.knobs.connect_timeout == 7.0
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


def test_the_applications_log_is_there_from_the_beginning(small: MakeSmall) -> None:
    rms = small(PLAIN.replace("env >", "sleep 30; env >", 1), interval=0.2)
    assert rms.type("hvcm -a").code == 0
    log = Path(rms.home / "node1RMS/log/app1.log")
    rms.until(log.exists)

    assert os.stat(log).st_size == 0
