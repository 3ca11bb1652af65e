"""Transition files (*.rms) are tests here, as they are for whoever uses the plugin."""

pytest_plugins = ["pgx_rms", "tests.skips"]
