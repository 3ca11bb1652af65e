"""Run a command where the OS user of an instance can read what it runs.

As root, servers and monitors run as another user.  Where the checkout is closed to
that user (a clone in a 0700 directory, or made with umask 077) the command works
from a root-owned copy under /var/tmp, which is removed afterwards, whatever happened.

    .venv/bin/python -m tools.run_open .venv/bin/python -m pytest
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from fixtures.os_user import OsUser, os_user
from tools import commands

CHECKOUT = Path(__file__).resolve().parent.parent
WHERE = Path("/var/tmp")  # noqa: S108  # not /tmp: it may be small, and in memory
_PREFIX = "pgx-open-"
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis"
)


def _reads_everything(user: OsUser) -> bool:
    """Whether *user* can read every source and execute the interpreter; asked as that user."""
    pid = os.fork()
    if pid == 0:
        os.setgroups([user.gid])
        os.setgid(user.gid)
        os.setuid(user.uid)
        os._exit(0 if _all_readable() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _all_readable() -> bool:
    if not os.access(CHECKOUT / ".venv/bin/python", os.X_OK):
        return False
    for part in (*commands.PACKAGES, "fixtures", ".venv/bin", ".venv/lib"):
        for directory, _, files in os.walk(CHECKOUT / part, onerror=_give_up):
            if not all(os.access(f"{directory}/{name}", os.R_OK) for name in files):
                return False
    return True


def _give_up(problem: OSError) -> None:
    os._exit(1)


def _remove_stale() -> None:
    """Remove copies whose maker was killed: nobody holds their lock."""
    for path in WHERE.glob(f"{_PREFIX}*"):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if os.fstat(fd).st_uid == 0:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(fd)


@contextmanager
def open_copy() -> Iterator[Path]:
    """Provide a copy of the checkout that every user can read."""
    _remove_stale()
    top = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=WHERE))
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        top.chmod(0o755)
        copy = top / "checkout"
        shutil.copytree(CHECKOUT, copy, symlinks=True, ignore=_LEFT_OUT)
        venv = (CHECKOUT / ".venv").resolve()  # a link would let the copy write into it
        shutil.copytree(venv, copy / ".venv", symlinks=True)
        subprocess.run(["chown", "-R", "-h", "0:0", copy], check=True)
        subprocess.run(["chmod", "-R", "a+rX,go-w", copy], check=True)
        _write_commands(copy)
        yield copy
    finally:
        shutil.rmtree(top, ignore_errors=True)
        os.close(fd)


def _write_commands(copy: Path) -> None:
    """Make the copy's commands and its `.pth` name the copy."""
    subprocess.run(["make", "-s", "commands"], cwd=copy, check=True)


def run(argv: list[str], directory: Path) -> int:
    """Run *argv* in *directory* and return its exit code; signals are handed on to it."""
    runs: list[subprocess.Popen[bytes]] = []
    came: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        for process in runs:
            process.send_signal(number)
        if not runs:
            came.append(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # it is nohup's
            signal.signal(number, hand_on)  # before it is begun: none ends us alone
    with subprocess.Popen(argv, cwd=directory) as process:
        runs.append(process)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both
        for each in came:
            process.send_signal(each)
        code = process.wait()
    return code if code >= 0 else 128 - code


def main() -> int:
    """Run the command of the command line in the checkout or in an open copy of it."""
    user = os_user()
    if not user.other or _reads_everything(user):
        return run(sys.argv[1:], CHECKOUT)
    with open_copy() as copy:
        print(
            f"{CHECKOUT} is closed to the user {user.name}: working in {copy}",
            flush=True,
        )
        return run(sys.argv[1:], copy)


if __name__ == "__main__":
    sys.exit(main())
