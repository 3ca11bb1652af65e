"""`fake-rms from-trace`: what each thing that logs tell becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_rms.incident_logs import Logs

FIRST, SECOND = "node1RMS", "node2RMS"
HEAD = ["use", "start", "wait node1RMS app1 Online within 120 s"]
_MOVED = ["wait node1RMS app1 Faulted within 120 s"]
_MOVED += ["wait node2RMS app1 Online within 120 s"]
_STOPPED = "environment node1RMS Offline:Cmdline_pgxtest HV_OFFLINE_REASON="


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """Logs of a cluster that has started on the first node."""
    made = Logs(tmp_path)
    made.online(FIRST)
    return made


def told(logs: Logs) -> list[str]:
    """Return what is told after the start."""
    found = logs.told()
    assert [found[0].split()[0], *found[1:3]] == HEAD
    return found[3:]


@pytest.mark.parametrize(
    ("reason", "strike"),
    [
        ("postmaster 4711 has ended", "kill -9 $(postmaster)"),
        ("postmaster 4711 has ended; its log says: was shut down (fast), not by "
         "pgx_offline", "kill -9 $(postmaster)"),
        ("the server was shut down (fast), not by pgx_offline", "kill -INT $(postmaster)"),
        ("the server was shut down (immediate), not by pgx_offline",
         "kill -QUIT $(postmaster)"),
        ("a server process has crashed: checkpointer 5 has ended",
         "kill -9 $(backend walwriter)"),
        ("something that is not known", "kill -9 $(postmaster)"),
    ],
)  # fmt: skip
def test_a_fault_is_struck_again(logs: Logs, reason: str, strike: str) -> None:
    logs.judged(FIRST, reason)
    logs.fault(FIRST, "2")
    logs.offline(FIRST, "FAULT")
    logs.online(SECOND)

    assert told(logs) == [
        f"on node1RMS run {strike}",
        *_MOVED,
        r'log node1RMS has "\(DET, 2\).*<Cmdline_pgxtest>"',
        f"{_STOPPED}FAULT",
    ]


def test_silence_is_struck_with_a_time_out_that_is_registered(logs: Logs) -> None:
    logs.judged(FIRST, "7 failures in a row, the last: no answer within 5 s")
    logs.offline(FIRST, "FAULT")

    found = logs.told()
    assert "on node1RMS run kill -STOP $(postmaster)" in found
    assert found.index("start") == 3
    assert found[1].endswith("--response-timeout=5 --timeout-retry-count=1")


@pytest.mark.parametrize(
    ("name", "strike"),
    [
        ("Fsystem001_Lfs_APP1", "fail-disk node1RMS"),
        ("Gls000_Gls_APP1", "on node1RMS run ip addr del $(takeover) dev eth0"),
    ],
)
def test_another_object_fails_too(logs: Logs, name: str, strike: str) -> None:
    logs.fault(FIRST, "2", name)
    logs.fault(FIRST, "1", "app1")
    logs.offline(FIRST, "FAULT")
    logs.online(SECOND)

    assert told(logs)[:3] == [strike, *_MOVED]


@pytest.mark.parametrize(
    ("reason", "typed", "state"),
    [("STOP", "hvutil -f app1", "Offline"), ("DEACT", "hvutil -d app1", "Deact")],
)
def test_a_stop_is_typed(logs: Logs, reason: str, typed: str, state: str) -> None:
    logs.offline(FIRST, reason)

    assert told(logs) == [
        f"on node1RMS type {typed}",
        f"wait node1RMS app1 {state} within 120 s",
        f"{_STOPPED}{reason}",
    ]


@pytest.mark.parametrize(("forced", "option"), [("0", ""), ("1", " -f")])
def test_a_switch_goes_where_online_came(logs: Logs, forced: str, option: str) -> None:
    logs.offline(FIRST, "SWITCH", FORCED_REQUEST=forced)
    logs.online(SECOND)

    assert told(logs)[:2] == [
        f"on node1RMS type hvswitch{option} app1 node2RMS",
        "wait node2RMS app1 Online within 120 s",
    ]


def test_a_fault_is_cleared_before_it_comes_back(logs: Logs) -> None:
    logs.judged(FIRST, "postmaster 1 has ended")
    logs.offline(FIRST, "FAULT")
    logs.online(SECOND)
    logs.offline(SECOND, "SWITCH")
    logs.online(FIRST)
    logs.offline(FIRST, "STOP")
    logs.online(FIRST)

    typed = [line.partition(" type ")[2] for line in told(logs) if " type " in line]
    assert typed == [
        "hvutil -c app1",
        "hvswitch app1 node1RMS",
        "hvutil -f app1",
        "hvswitch app1 node1RMS",
    ]


def test_an_online_that_no_stop_came_before_is_a_lost_node(logs: Logs) -> None:
    logs.online(SECOND)
    logs.rms(SECOND, "ADC", "6", "Host <node1RMS> with configuration <c> requested to")

    assert told(logs) == [
        "panic node1RMS",
        "wait node2RMS app1 Online within 120 s",
        "boot node1RMS",
    ]


def test_rms_is_stopped_and_comes_back(logs: Logs) -> None:
    logs.offline(FIRST, "SHUT")
    logs.online(SECOND)
    logs.rms(SECOND, "ADC", "6", "Host <node1RMS> with configuration <c> requested to")
    logs.offline(SECOND, "SHUT")
    logs.online(FIRST)

    assert [line for line in told(logs) if "environment" not in line] == [
        "on node1RMS type hvshut -l",
        "wait node2RMS app1 Online within 120 s",
        "on node1RMS type hvcm",
        "on node2RMS type hvshut -l",
        "wait node1RMS app1 Online within 120 s",
    ]


def test_rms_is_stopped_everywhere_and_starts_by_itself(logs: Logs) -> None:
    logs.offline(FIRST, "SHUT")
    logs.now = logs.now.replace(hour=9)
    logs.online(FIRST)

    assert told(logs) == [
        "on node1RMS type hvshut -a",
        "on node1RMS type hvcm",
        "on node2RMS type hvcm",
        "wait node1RMS app1 Online within 120 s",
    ]


def test_a_start_that_failed_is_made_to_fail(logs: Logs) -> None:
    logs.offline(FIRST, "SWITCH")
    logs.online(SECOND, "pgx_online: error: could not start")
    logs.fault(SECOND, "3")
    logs.offline(SECOND, "FAULT")
    logs.online(FIRST)

    assert told(logs)[:4] == [
        "on node2RMS run $FAKE_RMS_NODE/register-pgxtest --config-file=/run/none.conf",
        "on node1RMS type hvswitch app1 node2RMS",
        f"{_STOPPED}SWITCH",
        "wait node2RMS app1 Faulted within 120 s",
    ]


def test_a_start_where_it_is_online_ends_maintenance(logs: Logs) -> None:
    logs.online(FIRST, LAST_DET_REPORT="Online")

    assert told(logs)[:2] == [
        "on node1RMS type hvutil -m on app1",
        "on node1RMS type hvutil -m off app1",
    ]


def test_a_recovery_is_no_switch(logs: Logs) -> None:
    logs.judged(FIRST, "postmaster 1 has ended")
    logs.online(FIRST, AUTORECOVER="1", LAST_DET_REPORT="Faulted")

    assert told(logs)[1:] == ["wait node1RMS app1 Online within 120 s"]


def test_what_was_run_by_hand_is_run_by_hand(logs: Logs) -> None:
    logs.trace(FIRST, "pgx_offline", "begins without HV_ variables")
    logs.fault(FIRST, "7")
    logs.offline(FIRST, "FAULT")
    logs.online(SECOND)

    assert told(logs)[0] == "on node1RMS try $BIN/pgx_offline pgxtest"
    assert told_again(logs)[1:3] == _MOVED


def told_again(logs: Logs) -> list[str]:
    (logs.directory / "incident.rms").unlink()
    return told(logs)


def test_logs_that_begin_in_the_middle(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.judged(SECOND, "postmaster 1 has ended")
    logs.offline(SECOND, "FAULT")
    logs.online(FIRST)

    found = logs.told()
    at = found.index("on node1RMS type hvswitch app1 node2RMS")
    assert found[at + 1 : at + 3] == [
        "wait node2RMS app1 Online within 120 s",
        "on node2RMS run kill -9 $(postmaster)",
    ]


def test_a_reason_that_is_written_after_rms_knows_is_heard(logs: Logs) -> None:
    logs.fault(FIRST, "2")
    logs.begins(FIRST, "pgx_offline", OFFLINE_REASON="FAULT")
    logs.pid -= 1
    logs.judged(FIRST, "the server was shut down (fast), not by pgx_offline")
    logs.pid += 1
    logs.trace(FIRST, "pgx_offline", "ends with 0")
    logs.online(SECOND)

    assert told(logs)[:3] == ["on node1RMS run kill -INT $(postmaster)", *_MOVED]


def test_rms_that_is_back_soon_was_not_switched(logs: Logs) -> None:
    logs.offline(FIRST, "SHUT")
    logs.online(FIRST)

    assert told(logs)[0] == "on node1RMS type hvshut -a"


def test_who_tells_of_another_has_started_before(logs: Logs) -> None:
    logs.offline(FIRST, "SHUT")
    logs.rms(FIRST, "ADC", "6", "Host <node2RMS> with configuration <c> requested to")
    logs.online(FIRST)

    assert told(logs)[:4] == [
        "on node1RMS type hvshut -a",
        "on node1RMS type hvcm",
        "on node2RMS type hvcm",
        "wait node1RMS app1 Online within 120 s",
    ]
