"""What every test has: fixtures by subject."""

from __future__ import annotations

import gc
import os
import platform
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from fixtures import binaries
from fixtures.os_user import os_user as instances_user
from tests.skips import NEEDS_ROOT

pytest_plugins = [
    "tests.fake_rms.shell",
    "tests.fix_postgres",
    "tests.fix_registry",
    "tests.fix_place",
    "tests.fix_resource",
    "tests.fix_older",
    "tests.fix_disk",
    "tests.fix_directory",
    "tests.fix_mcdir",
    "tests.fix_pair",
    "tests.fix_programs",
    "tests.fix_sessions",
    "tests.fix_wizard",
    "tests.fix_preflight",
    "tests.packages.fix_bundle",
    "tests.packages.fix_built",
]

settings.register_profile(
    "project",
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    # Speed is no test's to judge, and a busy machine's is nobody's fault.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")


def pytest_configure() -> None:
    """Let signals do what they do at a terminal: a shell ignores some in the background.

    What is started here would inherit that, and not be ended by them.
    """
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while thousands of tests are made, none of which ever is."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
            item.add_marker(pytest.mark.skip(reason=NEEDS_ROOT))
