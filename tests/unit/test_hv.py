"""RMS's environment: every variable may be absent, and spellings differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_agent.hv import Transition, read_transition


def test_an_empty_environment_says_nothing() -> None:
    assert read_transition({}) == Transition()


@pytest.mark.parametrize("reason", ["STOP", "SHUT", "DEACT", "SWITCH", "FAULT"])
def test_each_documented_reason_is_known_in_any_case(reason: str) -> None:
    for spelling in (reason, reason.lower(), f" {reason} "):
        got = read_transition({"HV_OFFLINE_REASON": spelling})
        assert got.offline_reason == reason


def test_an_undocumented_reason_counts_as_absent() -> None:
    assert read_transition({"HV_OFFLINE_REASON": "WHIM"}).offline_reason is None


def test_flags_are_read() -> None:
    got = read_transition(
        {
            "HV_FORCED_REQUEST": "1",
            "HV_LAST_DET_REPORT": "Faulted",
            "HV_INTENDED_STATE": "Standby",
            "HV_AUTORECOVER": "1",
            "HV_APPLICATION": "APP1",
        }
    )
    assert got == Transition(None, True, True, True, True, "APP1")


@pytest.mark.parametrize("report", ["Online", "Offline", "Standby", "NoReport", ""])
def test_other_detector_reports_are_no_fault(report: str) -> None:
    got = read_transition({"HV_LAST_DET_REPORT": report})
    assert not got.last_report_faulted


@given(
    st.dictionaries(st.sampled_from(["HV_OFFLINE_REASON", "HV_AUTORECOVER"]), st.text())
)
def test_no_value_is_an_error(environ: dict[str, str]) -> None:
    read_transition(environ)
