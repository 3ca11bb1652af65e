"""No silent skips in CI, for transition files as for tests: a hook of the whole checkout."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

# Skips that are right even where everything can be had: CI runs as both.
NEEDS_ROOT = "needs to be root"
_ALLOWED_SKIPS: tuple[str, ...] = ("only for an ordinary",)
if os.geteuid() != 0:
    _ALLOWED_SKIPS += (NEEDS_ROOT, "only root")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where PGX_REQUIRE_ALL says that everything can run."""
    report = yield
    if (
        report.skipped
        and "PGX_REQUIRE_ALL" in os.environ
        and not hasattr(report, "wasxfail")
    ):
        reason = str(call.excinfo.value) if call.excinfo else ""
        if not reason.removeprefix("Skipped: ").startswith(_ALLOWED_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"skipped, where nothing may be: {reason}"
    return report
