"""What every test has: fixtures by subject, and no silent skips in CI."""

from __future__ import annotations

import os
import platform
from collections.abc import Generator

import pytest
from hypothesis import settings

from fixtures import binaries
from fixtures.os_user import os_user as instances_user

pytest_plugins = [
    "tests.fake_rms.shell",
    "tests.fix_postgres",
    "tests.fix_registry",
    "tests.fix_place",
    "tests.fix_resource",
    "tests.fix_disk",
    "tests.fix_wizard",
]

settings.register_profile(
    "project", deadline=None, database=None, derandomize="CI" in os.environ
)
settings.load_profile("project")

# Skips that are right even where everything can be had: CI runs as both.
_NEEDS_ROOT = "needs to be root"
_ALLOWED_SKIPS: tuple[str, ...] = ("only for an ordinary",)
if os.geteuid() != 0:
    _ALLOWED_SKIPS += (_NEEDS_ROOT, "only root")


def pytest_report_header() -> list[str]:
    """Say what is tested against."""
    servers = ", ".join(f"{b.version} ({b.directory})" for b in binaries.found())
    user = instances_user().name
    return [
        f"PostgreSQL: {servers or 'none found'}",
        f"instances run as: {user}; Linux {platform.release()}",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, and skip, with the reason, what needs root."""
    for item in items:
        if "postgresql" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason=_NEEDS_ROOT))


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
