"""RMS's environment: every variable may be absent, and spellings differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_agent.core.request import Request
from pgx_agent.fronts import rms


def _facts(request: Request) -> dict[str, object]:
    return dict(request.facts)


def test_an_empty_environment_says_nothing() -> None:
    got = rms.request({"PATH": "/bin"})
    assert got.reason == "HV_OFFLINE_REASON is not set"
    assert (got.switches, got.urgent, got.recovers) == (False, "", False)
    assert got.asked == "without HV_ variables"


@pytest.mark.parametrize("reason", ["STOP", "SHUT", "DEACT", "SWITCH", "FAULT"])
def test_each_documented_reason_is_known_in_any_case(reason: str) -> None:
    for spelling in (reason, reason.lower(), f" {reason} "):
        got = rms.request({"HV_OFFLINE_REASON": spelling})
        assert got.reason == f"HV_OFFLINE_REASON is {reason}"
        assert _facts(got)["reason"] == reason
        assert got.switches == (reason == "SWITCH")
        assert got.urgent == (got.reason if reason == "FAULT" else "")


def test_an_undocumented_reason_counts_as_absent() -> None:
    got = rms.request({"HV_OFFLINE_REASON": "WHIM"})
    assert got.reason == "HV_OFFLINE_REASON is not set"
    assert _facts(got)["reason"] is None


def test_flags_are_read() -> None:
    got = rms.request({"HV_FORCED_REQUEST": "1", "HV_AUTORECOVER": "1"})
    assert got.urgent == "HV_FORCED_REQUEST is 1"
    assert got.recovers
    assert got.asked == "HV_AUTORECOVER=1 HV_FORCED_REQUEST=1"
    assert _facts(got) == {
        "reason": None,
        "forced": True,
        "last_report_faulted": False,
        "autorecover": True,
    }


def test_what_rms_saw_last_counts_before_what_it_asks() -> None:
    every = {
        "HV_OFFLINE_REASON": "FAULT",
        "HV_FORCED_REQUEST": "1",
        "HV_LAST_DET_REPORT": "Faulted",
    }
    assert rms.request(every).urgent == "HV_LAST_DET_REPORT is Faulted"
    del every["HV_LAST_DET_REPORT"]
    assert rms.request(every).urgent == "HV_OFFLINE_REASON is FAULT"


@pytest.mark.parametrize("report", ["Online", "Offline", "Standby", "NoReport", ""])
def test_other_detector_reports_are_no_fault(report: str) -> None:
    assert rms.request({"HV_LAST_DET_REPORT": report}).urgent == ""


@given(
    st.dictionaries(st.sampled_from(["HV_OFFLINE_REASON", "HV_AUTORECOVER"]), st.text())
)
def test_no_value_is_an_error(environ: dict[str, str]) -> None:
    rms.request(environ)
