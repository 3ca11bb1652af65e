"""A command that stands still where it calls a function, in the midst of its work."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.processes import kill, wait_until
from pgx_base import proc

# WHERE COMMAND ARGUMENT...; WHERE is `module.function`, and more that are called after it.
_STANDS = """
import mmap, os, runpy, signal, sys

where = sys.argv[1].split(",")
del sys.argv[:2]
stood = mmap.mmap(-1, 1)  # shared with our children: one of us stands, once

def at_call(frame, event, _):
    module = os.path.basename(frame.f_code.co_filename).removesuffix(".py")
    if event == "call" and f"{module}.{frame.f_code.co_name}" == where[0]:
        del where[0]
        if not where:
            sys.setprofile(None)
            if not stood[0]:
                stood[0] = 1
                os.kill(os.getpid(), signal.SIGSTOP)

sys.setprofile(at_call)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@contextmanager
def standing(
    where: str,
    program: str,
    *words: str,
    env: Mapping[str, str],
    through: Sequence[str] = (),
    user: OsUser | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Have *program* stand still at *where*, it or its child; in the end it goes on.

    *where* is `module.function`, as it is called; of several, divided by commas, the last
    one that is called after those before it.  *through* is a command that runs it, *user*
    who does.
    """
    with subprocess.Popen(
        [*through, sys.executable, "-c", _STANDS, where, command(program), *words],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **(user.popen_options() if user else {}),
    ) as started:
        try:
            wait_until(lambda: _stopped(started.pid), f"{program} stands at {where}")
            yield started
        finally:
            _finish(started)


def _finish(started: subprocess.Popen[str]) -> None:
    """Let it go on, however late it stands, and end."""
    try:
        wait_until(lambda: _goes_on_to_its_end(started), "it ends")
    except TimeoutError:
        started.kill()
        raise
    finally:
        for pipe in (started.stdout, started.stderr):
            if pipe is not None:
                pipe.close()


def _goes_on_to_its_end(started: subprocess.Popen[str]) -> bool:
    go_on(started)
    return started.poll() is not None


def go_on(started: subprocess.Popen[str]) -> None:
    """Let it go on."""
    for pid in _stopped(started.pid):
        kill(pid, signal.SIGCONT)


def _stopped(pid: int) -> list[int]:
    """Return *pid* and its children, as far as they are stopped."""
    stats = ((each, proc.read_stat(each)) for each in proc.pids())
    return [
        each
        for each, stat in stats
        if stat is not None and stat[0] == "T" and pid in (each, stat[1])
    ]
