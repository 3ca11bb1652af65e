"""A child that writes, struck at one of its writes after another: by SIGKILL, or by an error.

strace counts the calls of a child that is left alone; then a child for each of them meets
its fate as it enters that call.  Works as an ordinary user too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.needs import missing
from tools.commands import PACKAGES

ROOT = Path(__file__).parents[2]
CALLS = (
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "pwrite64", "ftruncate",
    "fsync", "fchmod", "fchown", "fsetxattr", "flock", "fallocate", "link", "linkat",
)  # fmt: skip
KILLED = "signal=KILL"
# The child says how it ended; what it is to do is one line that uses these names.
_STUB = f"""
import sys
sys.path[:0] = {[str(ROOT / part) for part in PACKAGES]!r}
from pgx_mirror.core.mark import Mark
from pgx_mirror.data import conf_file, durable, mark_file
directory = durable.open_directory(sys.argv[1])
try:
    exec(sys.argv[2])
except OSError as ex:
    print(type(ex).__name__, ex.errno)
else:
    print("done")
"""
_CALL = re.compile(r"^(\w+)\(", re.MULTILINE)


class Struck:
    """Runs *line* on the directory *where*, in a child."""

    def __init__(self, where: Path, line: str, log: Path) -> None:
        self.child = [sys.executable, "-ISB", "-c", _STUB, str(where), line]
        self.log = log

    def run(self, *fate: str) -> str:
        """Return how a child ended with *fate*, empty when it was killed."""
        trace = ["strace", "-qq", "-o", str(self.log), "-e"]
        calls = ",".join(f"?{call}" for call in CALLS)
        result = subprocess.run(
            [*trace, f"trace={calls}", *fate, *self.child],
            capture_output=True,
            text=True,
            timeout=60,
        )
        if result.returncode and "ptrace" in result.stderr:
            pytest.skip(f"strace cannot trace here: {result.stderr}")
        assert not result.stderr, result.stderr
        return result.stdout.strip()

    def everywhere(
        self, fate: str, prepare: Callable[[], object]
    ) -> Iterator[tuple[str, str]]:
        """Strike at one call after another; yield where, and how that child ended."""
        if reason := missing("strace"):
            pytest.skip(reason)
        prepare()
        assert self.run() == "done"
        counted = Counter(_CALL.findall(self.log.read_text()))
        assert counted["fsync"] >= 2, counted
        for call, count in counted.items():
            for number in range(1, count + 1):
                inject = f"inject={call}:{fate}:when={number}"
                prepare()
                yield f"{call} {number}", self.run("-e", inject)
