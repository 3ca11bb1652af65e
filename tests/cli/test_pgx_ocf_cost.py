"""A monitor action of ocf:pgx:pgsql costs what pgx_check costs: counted, not timed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.needs import missing
from pgx_pclrsc import registry
from pgx_pclrsc.core import names
from tests.fix_place import ONLINE, Place
from tools.commands import PACKAGES

ROOT = Path(__file__).parents[2]
# The front, its words, and the package that they lie in.
MORE_MODULES = {
    "pgx_agent.fronts",
    "pgx_agent.fronts.ocf",
    "pgx_agent.fronts.ocf_codes",
}
MORE_CALLS = 16 * len(MORE_MODULES)  # that each is searched for, opened and read


@pytest.fixture
def online(place: Place, process: int) -> Iterator[dict[str, str]]:
    """The environment of a resource that is Online, with its monitor."""
    place.write("online", process)
    fd = place.hold(names.MONITOR_LOCK, 0)
    yield {registry.VARIABLE: str(place.registry), "OCF_RESKEY_name": "pg1"}
    os.close(fd)


def loaded(module: str, words: list[str], env: dict[str, str]) -> set[str]:
    """Return the modules that *module*'s main has loaded when it leaves."""
    paths = [str(ROOT / part) for part in PACKAGES]
    code = (
        f"import os, sys; sys.path[:0] = {paths!r}; sys.argv[1:] = {words!r}\n"
        "def leave(code): print(code, *sys.modules, flush=True); raise SystemExit\n"
        f"os._exit = leave\nfrom {module} import main; main()"
    )
    run = [sys.executable, "-IS", "-c", code]
    said = subprocess.run(run, env=env, capture_output=True, text=True, check=True)
    answer, *modules = said.stdout.split()
    assert answer == str(ONLINE), said.stderr
    return set(modules)


def test_it_loads_what_pgx_check_loads(online: dict[str, str]) -> None:
    check = loaded("pgx_agent.check.main", ["pg1"], online)
    monitor = loaded("pgx_agent.fronts.ocf", ["monitor"], online)

    assert monitor - check == MORE_MODULES
    assert check - monitor == set()


def calls(words: list[str], env: dict[str, str], log: Path) -> list[str]:
    """Return the system calls that *words*, which exits 0, has made."""
    strace = ["strace", "-f", "-qq", "-o", str(log), *words]
    subprocess.run(strace, env=env, check=True)
    return [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]


def test_it_asks_the_kernel_what_pgx_check_asks(
    online: dict[str, str], tmp_path: Path
) -> None:
    """One process, and no more than its own modules need on top."""
    if reason := missing("strace"):
        pytest.skip(reason)
    check = calls([command("pgx_check"), "pg1"], online, tmp_path / "check")
    monitor = calls([command("pgx_ocf"), "monitor"], online, tmp_path / "monitor")

    assert len(check) > 100, "strace has seen it"
    assert 0 <= len(monitor) - len(check) <= MORE_CALLS
    for call in ("fork", "clone", "socket", "connect", "wait4"):
        assert not [line for line in monitor if line.startswith(call)]
