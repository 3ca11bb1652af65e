"""What pgx_dmpall does, once it is known what is asked of it."""

from __future__ import annotations

import os
import signal

from pgx_base import program, report
from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_mirror.backup import destination, finding, locking, looking, making
from pgx_mirror.backup.label import Label
from pgx_mirror.backup.task import InRecovery, Refused, Task
from pgx_mirror.command.dump_request import PROGRAM, Asked
from pgx_mirror.conf.problem import Unsound, failures
from pgx_mirror.setup.room import megabytes

# The manual's, to the letter: scripts that run on both servers look for it.
IN_RECOVERY = "ERROR:recovery is in progress (10095)"
_TAKEN_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Teller:
    def say(self, text: str) -> None:
        report.to_stderr(f"{PROGRAM}: {text}")

    def warn(self, what: Failure) -> None:
        report.show(PROGRAM, "warning", what, log=False)


def dump(asked: Asked, mcdir: str) -> int:
    """Make a backup, and return the exit code; *mcdir*: empty for none.  Raises Failure."""
    try:
        return _act(asked, mcdir)
    except InRecovery:
        report.to_stderr(IN_RECOVERY)
        return 1
    except Refused as ex:
        return program.refuse(PROGRAM, ex.reasons, log=False)
    except Unsound as ex:
        return program.refuse(PROGRAM, failures(ex.problems), log=False)


def _act(asked: Asked, mcdir: str) -> int:
    settings = finding.settings_of(asked.data, asked.conf, mcdir)
    task = finding.task_of(settings, asked.data, asked.generations)
    teller = _Teller()
    found = looking.look(task, teller)
    heeded = Heeded(_TAKEN_BACK, KeyboardInterrupt)
    lock_fd = locking.take(task.destination)
    try:
        destination.prepare(task.destination)
        label = making.make(task, found, teller, heeded)
    finally:
        os.close(lock_fd)
    _done(task, label)
    return 0


def _done(task: Task, label: Label) -> None:
    """Print what was done; it is done, whoever reads that."""
    try:
        report.to_stdout(
            f"backup {quoted(label.name)} in {quoted(task.destination)}: "
            f"{megabytes(label.bytes)}, verified"
        )
    except Failure:
        pass
