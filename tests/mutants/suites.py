"""Running the selection of a suite in a copy of the checkout, and what came of it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

LIMIT = 600.0  # seconds; a bug that makes a selection hang is noticed by that
_ENDING = 30.0  # seconds in which what was interrupted clears up
_CHAOS_FAILED = re.compile(r"\b[1-9]\d* runs failed\b")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`passed`, `failed`, or `broken`: nothing was tested; *told* is the end of the output."""

    verdict: str
    told: str


def command(suite: str, selection: str) -> list[str]:
    """Return the words that run *selection* of *suite*, stopping at the first failure."""
    words = shlex.split(selection)
    if suite == "chaos":
        report = ["--no-shrink", "--jobs", "1", "--report", "build/mutant/report.jsonl"]
        return [".venv/bin/python", "-m", "fixtures.chaos", *report, *words]
    quiet = ["-x", "-q", "-p", "no:cacheprovider", "--timeout=200"]
    return [".venv/bin/python", "-m", "pytest", *quiet, *words]


def run(suite: str, selection: str, copy: Path) -> Outcome:
    """Run *selection* of *suite* in the checkout *copy*."""
    # Skipping proves nothing, and a hypothesis that is lucky today proves nothing either.
    environ = os.environ | {"PGX_REQUIRE_ALL": "1", "CI": "true"}
    with subprocess.Popen(
        command(suite, selection),
        cwd=copy,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        try:
            told, _ = child.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return Outcome("failed", _interrupted(child))
    return Outcome(_verdict(suite, child.returncode, told), told[-3000:])


def _interrupted(child: subprocess.Popen[str]) -> str:
    child.send_signal(signal.SIGINT)
    try:
        told, _ = child.communicate(timeout=_ENDING)
    except subprocess.TimeoutExpired:
        child.kill()
        told, _ = child.communicate()
    return f"{told[-2000:]}\nit did not end within {LIMIT:g} s"


def _verdict(suite: str, code: int, told: str) -> str:
    if code == 0:
        return "passed"
    if suite == "chaos":
        return "failed" if _CHAOS_FAILED.search(told) else "broken"
    return "failed" if code == 1 else "broken"
