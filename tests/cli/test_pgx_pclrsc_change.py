"""`pgx_pclrsc -m`: what is changed in place, what is not, and that it is whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.needs import missing
from pgx_base import locks
from pgx_pclrsc.core import in_place, names
from pgx_pclrsc.core.definition import SETTINGS
from tests.cli.test_pgx_pclrsc_killed import points, traced
from tests.fix_registry import Registry, mode

REFUSED = {
    "-u": "nobody", "-D": "/elsewhere", "-w": "/other", "-n": "node9RMS",
    "--db-user": "other", "--bin-dir": "/usr/bin", "--config-file": "/etc/a.conf",
    "--env": "A=b",
}  # fmt: skip
KEYS = (
    "os_user", "data_directory", "work_directory", "nodes", "db_user", "bin_dir",
    "config_file", "env",
)  # fmt: skip
SAFE = {
    "response_timeout": 5, "timeout_retry_count": 2, "trace_max_file_size": 64,
    "watch_interval": 1, "online_timeout": 60, "offline_timeout": 70,
    "auth_failure": "warn", "switch_mode": "fast", "broken_pid_file": "refuse",
    "server_log_max_file_size": 64,
}  # fmt: skip


def definition(registry: Registry) -> Path:
    return registry.root / "pg1" / names.DEFINITION


def given(settings: dict[str, object]) -> list[str]:
    return [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]


def test_what_is_safe_is_changed_and_nothing_else(registered: Registry) -> None:
    before = registered.load()
    result = registered.run("-m", "-c", "pg1", *given(SAFE))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    after = registered.load()
    for key in before.__slots__:
        assert getattr(after, key) == SAFE.get(key, getattr(before, key))
    first, *lines = result.stdout.splitlines()
    assert first == 'resource "pg1" changed'
    assert sorted(line.split(" = ")[0] for line in lines) == sorted(SAFE)
    assert "watch_interval = 1 (was 3): from the monitor's next start on" in lines
    assert "switch_mode = fast (was immediate): from the next pgx_offline on" in lines
    assert mode(definition(registered)) == 0o644
    left = sorted(os.listdir(definition(registered).parent))
    assert left == [names.DEFINITION, names.WORK_LINK]


def test_of_every_setting_it_is_said_whether_it_may_be_changed() -> None:
    assert in_place.judged() == set(SETTINGS) - {"name"}
    assert set(SAFE) | set(KEYS) == in_place.judged()


def test_every_setting_that_is_not_safe_is_refused_with_its_reason_and_nothing_done(
    registered: Registry,
) -> None:
    before = definition(registered).read_bytes()
    words = [word for pair in REFUSED.items() for word in pair]
    result = registered.run(
        "-m", "-c", "pg1", *words, "--watch-interval=0", "--offline-timeout=99"
    )
    assert result.returncode == 1
    for key in KEYS:
        text = f'setting "{key}" of resource "pg1" cannot be changed in place'
        assert result.stderr.count(text) == 1
    assert result.stderr.count("detail: ") == len(KEYS) + 1
    assert 'invalid value "0" for watch-interval' in result.stderr
    assert definition(registered).read_bytes() == before


def test_a_time_out_that_is_longer_is_warned_of(registered: Registry) -> None:
    result = registered.run(
        "-m", "-c", "pg1", "--offline-timeout=1801", "--online-timeout=3599"
    )
    assert result.returncode == 0
    assert 'offline_timeout of resource "pg1" is longer than before' in result.stderr
    assert "online_timeout of" not in result.stderr.replace("offline_timeout of", "")


def test_what_is_so_already_is_left_as_it_is(registered: Registry) -> None:
    before = definition(registered).stat().st_ino
    result = registered.run("-m", "-c", "pg1", "--watch-interval=3")
    assert (result.returncode, result.stdout) == (0, 'resource "pg1" is so already\n')
    assert definition(registered).stat().st_ino == before


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-c", "pg1"], "no setting to change is given"),
        (["--watch-interval=1"], 'required option "-c" is missing'),
        (["-c", "pg2", "--watch-interval=1"], 'resource "pg2" does not exist'),
        (["-c", "pg1", "--output=json"], 'option "--output" cannot be used with "-m"'),
    ],
)
def test_a_wrong_line_is_refused(
    registered: Registry, words: list[str], text: str
) -> None:
    result = registered.run("-m", *words)
    assert result.returncode == 1
    assert text in result.stderr


def test_a_transition_is_not_overtaken(registered: Registry) -> None:
    before = definition(registered).read_bytes()
    fd = os.open(registered.work / names.TRANSITION_LOCK, os.O_RDWR)
    try:
        assert locks.take(fd, locks.EXCLUSIVE)
        result = registered.run("-m", "-c", "pg1", "--watch-interval=1")
    finally:
        os.close(fd)
    assert result.returncode == 1
    assert 'a transition of resource "pg1" is in progress' in result.stderr
    assert definition(registered).read_bytes() == before


def test_killed_at_any_of_its_writes_it_leaves_the_earlier_or_the_later(
    registered: Registry, tmp_path: Path
) -> None:
    """And the next run, which clears away what is left, works."""
    if reason := missing("strace"):
        pytest.skip(reason)
    interval, seen = 1, set()
    words = ["-m", "-c", "pg1", "--watch-interval=1"]
    for options in points(registered, tmp_path / "calls", ["-f"], words):
        before, interval = interval, interval % 9 + 1
        words = ["-m", "-c", "pg1", f"--watch-interval={interval}"]
        traced(registered, options, words)
        found = registered.load().watch_interval
        seen.add(found == before)
        assert found in (before, interval), options
        interval = found
    assert seen == {True, False}
    assert registered.run("-m", "-c", "pg1", "--watch-interval=77").returncode == 0
    assert registered.load().watch_interval == 77


@pytest.mark.parametrize("call", ["/^rename", "fsync"])
def test_an_error_or_a_full_disk_leaves_the_earlier_and_nothing_beside_it(
    registered: Registry, tmp_path: Path, call: str
) -> None:
    if reason := missing("strace"):
        pytest.skip(reason)
    before = definition(registered).read_bytes()
    words = ["-m", "-c", "pg1", "--watch-interval=9"]
    fault = ["-o", str(tmp_path / "calls"), "-e", f"inject={call}:error=ENOSPC:when=1"]
    result = traced(registered, fault, words)
    assert result.returncode == 1
    assert "could not write definition: No space left on device" in result.stderr
    assert definition(registered).read_bytes() == before
    left = sorted(os.listdir(definition(registered).parent))
    assert left == [names.DEFINITION, names.WORK_LINK]
