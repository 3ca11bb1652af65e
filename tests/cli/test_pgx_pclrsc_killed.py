"""Killed or failing at each of its writes, pgx_pclrsc leaves the whole resource or none.

strace counts the system calls of a run that is left alone, then kills one run after
another as it enters the next call.  `-f` follows the children that are the OS user;
without it only the parent is counted and killed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.needs import missing
from pgx_pclrsc import store
from tests.fix_registry import Registry, Result

WRITES = (
    "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "symlink", "symlinkat",
    "rename", "renameat", "renameat2", "write", "pwrite64", "fsync", "fchmod", "fchown",
    "flock", "fork", "vfork", "clone", "setresuid",
)  # fmt: skip
CALL = re.compile(r"^(?:\[pid +)?(?P<pid>\d+)?\]? *(?P<call>[a-z0-9]+)\(")


def traced(registry: Registry, options: list[str], arguments: list[str]) -> Result:
    """Run pgx_pclrsc under strace."""
    strace = ["strace", "-qq", "-e", "trace=" + ",".join(f"?{c}" for c in WRITES)]
    return subprocess.run(
        [*strace, *options, command("pgx_pclrsc"), *arguments],
        env=registry.environment(),
        text=True,
        capture_output=True,
        timeout=60,
    )


def calls(log: Path) -> Counter[str]:
    """Return how often the busiest process of a run has made each call."""
    times: Counter[tuple[str, str]] = Counter()
    for line in log.read_text().splitlines():
        if found := CALL.match(line):
            times[(found["pid"] or "", found["call"])] += 1
    most: Counter[str] = Counter()
    for (_, call), count in times.items():
        most[call] = max(most[call], count)
    return most


def points(
    registry: Registry,
    log: Path,
    follow: list[str],
    arguments: list[str],
    fate: str = "signal=KILL",
) -> Iterator[list[str]]:
    """Yield the strace options that let *fate* meet a run at one point after another."""
    options = [*follow, "-o", str(log)]
    result = traced(registry, options, arguments)
    if result.returncode and "ptrace" in result.stderr:
        pytest.skip(f"strace cannot trace here: {result.stderr}")
    assert result.returncode == 0, result.stderr
    counted = calls(log)
    assert counted["rename"] + counted["renameat"] + counted["renameat2"] >= 1, counted
    for call, count in counted.items():
        for number in range(1, count + 1):
            yield [*options, "-e", f"inject={call}:{fate}:when={number}"]


def forget(registry: Registry) -> None:
    """Put everything back to before the first run."""
    shutil.rmtree(registry.root.parent, ignore_errors=True)
    shutil.rmtree(registry.work, ignore_errors=True)


def exists(registry: Registry) -> bool:
    """Whether pg1 is there; it is whole then."""
    try:
        registry.load()
    except store.UnknownResource:
        return False
    return registry.is_whole()


@pytest.fixture(autouse=True)
def _strace() -> None:
    if reason := missing("strace"):
        pytest.skip(reason)


@pytest.mark.parametrize("follow", [["-f"], []], ids=["children", "parent"])
def test_minus_a_leaves_the_whole_resource_or_none(
    registry: Registry, tmp_path: Path, follow: list[str]
) -> None:
    arguments = ["-a", *registry.options({})]
    seen = Counter[bool]()
    for options in points(registry, tmp_path / "log", follow, arguments):
        forget(registry)
        traced(registry, options, arguments)
        there = exists(registry)
        seen[there] += 1
        again = registry.add()

        assert again.returncode == (1 if there else 0), (options, again.stderr)
        assert exists(registry)
        assert registry.names() == ["pg1"]
    assert seen[False] > 10
    assert seen[True] > 0


@pytest.mark.parametrize("follow", [["-f"], []], ids=["children", "parent"])
def test_an_error_at_any_write_leaves_nothing_behind(
    registry: Registry, tmp_path: Path, follow: list[str]
) -> None:
    arguments = ["-a", *registry.options({})]
    for options in points(registry, tmp_path / "log", follow, arguments, "error=EIO"):
        forget(registry)
        result = traced(registry, options, arguments)

        assert "Traceback" not in result.stderr, options
        assert exists(registry) == (result.returncode == 0), (options, result.stderr)
        if result.returncode:
            if "inject=write" not in options[-1]:  # else the message was not written
                assert "error: could not " in result.stderr, (options, result.stderr)
            assert registry.names() == [], (options, result.stderr)
            assert not registry.work.exists(), options


@pytest.mark.root
def test_roots_own_work_directory_is_there_whole_or_not_at_all(
    registry: Registry, tmp_path: Path, roots_own: Path
) -> None:
    work = roots_own / "work"
    arguments = ["-a", *registry.options({"-w": work})]
    for options in points(registry, tmp_path / "log", [], arguments):
        forget(registry)
        shutil.rmtree(work, ignore_errors=True)
        traced(registry, options, arguments)
        if not exists(registry):
            again = registry.run(*arguments)
            assert again.returncode == 0, (options, again.stderr)
        assert exists(registry)
        assert [path.name for path in roots_own.iterdir()] == ["work"]


def _with_strangers(registry: Registry) -> None:
    """Leave what a killed run leaves, so that clearing it away is walked through too."""
    (registry.root / ".gone.old").mkdir()
    (registry.root / ".gone.old" / "definition.toml").write_text("")


@pytest.mark.parametrize(
    "prepare", [lambda _: None, _with_strangers], ids=["tidy", "untidy"]
)
def test_minus_d_leaves_the_whole_resource_or_none(
    registry: Registry, tmp_path: Path, prepare: Callable[[Registry], None]
) -> None:
    assert registry.add().returncode == 0
    prepare(registry)
    seen = Counter[bool]()
    for options in points(registry, tmp_path / "log", ["-f"], ["-d", "-c", "pg1"]):
        assert exists(registry) or registry.add().returncode == 0
        prepare(registry)
        traced(registry, options, ["-d", "-c", "pg1"])
        there = exists(registry)
        seen[there] += 1
        again = registry.run("-d", "-c", "pg1")

        assert again.returncode == (0 if there else 1), (options, again.stderr)
        assert not exists(registry)
        assert registry.add().returncode == 0
        assert registry.names() == ["pg1"]
    assert seen[True] > 0
    assert seen[False] > 0
