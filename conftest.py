"""Transition files (*.rms) are tests here, as they are for whoever uses the plugin.

`pytest_plugins` would be refused where this is read late: `pytest -p pgx_rms --transitions`
of our own files, started in another directory.
"""

from __future__ import annotations

import pytest

from tests.skips import pytest_runtest_makereport as pytest_runtest_makereport


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Have the plugin, also where the command line does not name it."""
    if not pluginmanager.has_plugin("pgx_rms"):
        pluginmanager.import_plugin("pgx_rms")
