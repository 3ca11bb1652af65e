"""What a trace tells: states, runs, faults, however it begins and ends."""

from __future__ import annotations

import pytest

from pgx_pclrsc.history.core import outages, told
from pgx_pclrsc.history.core.told import Told
from tests.traces import BEGIN, REASON, Written, failover


def states(known: Told) -> list[str]:
    return [one.state for one in known.states]


def test_a_failover_is_told_from_the_first_start_on() -> None:
    known = failover().read()

    assert states(known) == [
        told.STARTING,
        told.ONLINE,
        told.DOUBTED,
        told.FAULTED,
        told.STOPPING,
        told.OFFLINE,
        told.STARTING,
        told.ONLINE,
    ]
    ends = [one.end for one in known.states]
    assert ends[:-1] == [one.begin for one in known.states[1:]]
    (fault,) = known.faults
    assert fault.reason == REASON
    assert [one.failures for one in fault.failed] == list("123456")
    assert fault.evidence == [
        "postmaster 4711: state T, waits in do_signal_stop",
        "load: 0.1",
    ]
    assert [(run.script, run.code) for run in known.runs] == [
        ("pgx_online", 0),
        ("pgx_offline", 0),
        ("pgx_online", 0),
    ]
    assert known.runs[1].did == "immediate stop"
    assert known.runs[1].because == "HV_OFFLINE_REASON is FAULT"
    assert known.runs[1].steps == [
        "requested an immediate shutdown: HV_OFFLINE_REASON is FAULT"
    ]
    assert known.runs[2].because == "no server runs, so it is started"


def test_an_outage_is_counted_from_the_last_answer() -> None:
    trace = failover()
    known = trace.read()
    (away,) = outages.find(known)
    (fault,) = known.faults

    assert away.kind == outages.FAULT
    assert away.begin == fault.since
    assert away.begin == pytest.approx(fault.at - 30 - 3)  # the last of a minute's
    assert away.end == known.states[-1].begin
    assert away.why == REASON


def test_an_outage_without_an_answer_is_counted_from_the_verdict() -> None:
    trace = Written()
    trace.monitor("failed", failures=1, allowed=1, reason="x")
    at = trace.monitor("faulted", 1, reason="x")
    known = trace.read()

    assert outages.find(known)[0].begin == at
    assert outages.find(known)[0].end is None


def test_a_planned_stop_is_no_fault() -> None:
    trace = Written()
    trace.online()
    stopped = trace.offline()
    trace.online(after=100)
    (away,) = outages.find(trace.read())

    assert (away.kind, away.begin) == (outages.STOP, stopped)
    assert away.why == "fast stop: HV_OFFLINE_REASON is STOP"
    assert away.seconds(0.0) == pytest.approx(102.5 + 0.02, abs=0.01)


def test_what_was_before_the_first_word_is_not_known() -> None:
    trace = Written()
    trace.write("pgx_monitor", 900, "no facts")
    trace.now += 30
    trace.answers(3)
    trace.offline()
    known = trace.read()

    assert states(known) == [told.UNKNOWN, told.ONLINE, told.STOPPING, told.OFFLINE]
    assert known.states[1].begin == BEGIN + 30  # a minute before the line


def test_a_server_that_was_only_offline_had_no_outage() -> None:
    trace = Written()
    trace.offline()
    known = trace.read()

    assert outages.find(known) == []
    assert states(known)[-1] == told.OFFLINE


def test_a_start_that_fails_is_offline_and_a_stop_that_fails_is_not() -> None:
    trace = Written()
    trace.online(code=1, problem="could not start instance")
    assert states(trace.read()) == [told.STARTING, told.OFFLINE]
    trace.online()
    trace.offline(code=1)
    known = trace.read()

    assert states(known)[-1] == told.LEFT
    assert known.runs[0].said == [
        "error: could not start instance",
        "hint: Look at it.",
    ]
    assert [run.has_failed for run in known.runs] == [True, False, True]


def test_a_node_that_went_away_is_not_known_since_its_last_word() -> None:
    trace = Written()
    trace.online()
    trace.answers(5)
    heard = trace.now
    trace.online(after=7200)
    known = trace.read()

    assert states(known) == [
        told.STARTING,
        told.ONLINE,
        told.UNKNOWN,
        told.STARTING,
        told.ONLINE,
    ]
    assert known.states[2].begin == heard
    (away,) = outages.find(known)
    assert (away.kind, away.begin) == (outages.NOT_KNOWN, heard)


def test_a_trace_that_ends_long_ago_says_nothing_of_now() -> None:
    trace = Written()
    trace.online()
    trace.answers(5)
    trace.now += 86400
    assert states(trace.read())[-1] == told.UNKNOWN


def test_an_older_version_which_writes_no_answers_is_taken_at_its_word() -> None:
    trace = Written()
    trace.online()
    trace.now += 86400
    assert states(trace.read())[-1] == told.ONLINE


def test_a_frozen_node_goes_on_once_it_is_thawed() -> None:
    trace = Written()
    trace.online()
    trace.answers(2)
    trace.now += 3600
    trace.answers(2)
    known = trace.read()

    assert states(known)[-3:] == [told.ONLINE, told.UNKNOWN, told.ONLINE]


def test_a_clock_that_is_set_back_is_said_and_nothing_is_negative() -> None:
    trace = failover()
    was = trace.now
    trace.now -= 3600
    trace.answers(3)
    trace.fault()
    known = trace.read()

    assert known.set_back == [(was, was - 3600 + 60)]
    assert all(one.end >= one.begin for one in known.states)
    assert all(away.seconds(trace.now) >= 0 for away in outages.find(known))
    assert len(known.faults) == 2


def test_answers_again_end_a_doubt() -> None:
    trace = Written()
    trace.online()
    trace.monitor("failed", 5, failures=1, allowed=7, reason="x")
    trace.monitor("answers", 5, failures=1)
    trace.fault()
    known = trace.read()

    assert states(known)[1:4] == [told.ONLINE, told.DOUBTED, told.ONLINE]
    assert len(known.faults[0].failed) == 6
    assert len(known.failed) == 7


def test_a_run_without_an_end_is_left_open() -> None:
    trace = Written()
    trace.write("pgx_offline", 200, "begins HV_OFFLINE_REASON=STOP")
    trace.write("pgx_offline", 201, "begins HV_OFFLINE_REASON=STOP", 60)
    trace.write("pgx_offline", 201, "ends with 0", 1)
    known = trace.read()

    assert [run.code for run in known.runs] == [None, 0]
    assert states(known) == [told.STOPPING, told.OFFLINE]


def test_a_script_whose_parent_is_gone_has_failed() -> None:
    trace = Written()
    trace.write("pgx_online", 100, "begins x")
    trace.write("pgx_online", 100, "ends: the script's parent is gone", 1)
    known = trace.read()

    assert known.runs[0].has_failed
    assert known.runs[0].said == ["the script itself was killed"]


def test_nothing_tells_nothing() -> None:
    assert Written().read() == Told()
