"""A script of the older version at work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.processes import start_time
from tests.older.installation import Older

_SCRIPT = """
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDWR)
for byte in map(int, sys.argv[2:]):
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, byte, 1, 0))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def works(older: Older, script: str, byte: int) -> Iterator[subprocess.Popen[str]]:
    """A script of the older version at work: it has signed, and holds its bytes."""
    path = older.resource.work / "transition.lock"
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, path, "0", str(byte)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **older.resource.server.user.popen_options(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        older.signed(script, process.pid, start_time(process.pid))
        yield process
        process.kill()
