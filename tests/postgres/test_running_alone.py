"""Whoever brings a Caller starts and stops an instance: no RMS, no registry, no agent."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fixtures.server import Server
from pgx_postgres.running import guard

_PROGRAM = """
import os, select, sys, time
from pgx_postgres.processes import evidence
from pgx_postgres.running import guard, server, startup, stop

class Anybody:
    def say(self, text): print("say", text)
    def warn(self, primary, *, detail=None, hint=None): print("warn", primary)
    def phase(self, text): print("phase", text)
    def note(self, text): print("note", text)
    def wait(self, fds, seconds):
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLIN)
        return [fd for fd, _ in poll.poll(max(0.0, seconds) * 1000)]

bin_dir, data, log = sys.argv[1:]
caller, until = Anybody(), time.monotonic() + 60
guard_fd = guard.take(data, until, caller, guard.Words("", ""))
log_fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
forked = server.fork(server.Order(bin_dir, data, "", {"LC_ALL": "C"}, log_fd, guard_fd))
forked.release()
os.close(guard_fd)
print("became", startup.wait_ready(data, forked.pid, forked.pidfd, until, caller))
found = evidence.Recorded((forked.pid, forked.start))
known = evidence.gather(os.getuid(), data, found)
print("left", stop.stop(caller, known, "fast", until))
ours = {name.partition(".")[0] for name in sys.modules if name.startswith("pgx_")}
print("with", *sorted(ours))
"""


def test_an_instance_is_started_and_stopped_by_anybody(server: Server) -> None:
    log = server.sockets / "log"
    arguments = [str(server.binaries.directory), str(server.data), str(log)]

    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath},
        timeout=120,
        **server.user.popen_options(),
    )

    lines = done.stdout.splitlines()
    assert "became ready" in lines, done.stdout + done.stderr
    assert "left []" in lines
    assert lines[-1] == "with pgx_base pgx_postgres"
    assert server.pid() is None
    assert "database system is shut down" in log.read_text()


def test_no_text_names_who_starts_or_stops() -> None:
    """Those words are the caller's: a pair's administrator knows no pgx_online."""
    package = Path(guard.__file__).parents[1]
    named = [
        (path.name, text)
        for path in package.rglob("*.py")
        for text in _texts(ast.parse(path.read_text()))
        if any(word in text for word in ("RMS", "pgx_o", "mc_ctl"))
    ]

    assert named == []


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield each text that is no docstring."""
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(str(text)) if id(node) not in documents:
                yield text
            case _:
                pass
