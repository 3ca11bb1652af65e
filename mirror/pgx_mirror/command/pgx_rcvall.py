"""pgx_rcvall: what an instance administrator puts a data directory back with (manual 8.4)."""

from __future__ import annotations

import os
import signal
import sys

from pgx_base import program, report
from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_mirror.command import rcvall_request
from pgx_mirror.command.mc_ctl import USAGE, check_user
from pgx_mirror.command.rcvall_request import Request

PROGRAM = "pgx_rcvall"
VARIABLE = "PGDATA"
_TAKEN_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Teller:
    def say(self, text: str) -> None:
        report.to_stderr(f"{PROGRAM}: {text}")

    def warn(self, what: Failure) -> None:
        report.show(PROGRAM, "warning", what, log=False)


def _list(asked: Request) -> int:
    from pgx_mirror.restore import listing
    from pgx_mirror.restore.core import listing as shown

    found = listing.look(os.path.abspath(asked.destination))
    form = shown.plain if asked.output == "json" else shown.text
    report.to_stdout(form(*found))
    return 0


def _restore(asked: Request) -> int:
    from pgx_mirror.restore import restoring
    from pgx_mirror.restore.task import Refused, Task

    data = os.path.realpath(asked.data)
    destination = os.path.abspath(asked.destination)
    task = Task(data, destination, asked.name, asked.up_to_gap)
    teller = _Teller()
    heeded = Heeded(_TAKEN_BACK, KeyboardInterrupt)
    try:
        done = restoring.restore(task, teller, heeded)
    except Refused as ex:
        return program.refuse(PROGRAM, ex.reasons, log=False)
    if done.own_conf:
        teller.say("postgresql.conf is the one that was in the data directory")
    elif done.position:
        teller.say("postgresql.conf is the backup's: look through it")
    where = f", recovered to {done.position}" if done.position else ""
    report.to_stdout(
        f"data directory {quoted(data)} restored from backup {quoted(done.backup)}{where}\n"
        "next: mc_ctl start --as-primary here, which alone starts it; then mc_ctl setup on "
        "the other server, and a backup by pgx_dmpall"
    )
    return 0


def _answer(arguments: list[str]) -> int:
    asked = rcvall_request.parse(arguments, os.environ.get(VARIABLE, ""))
    if program.answered(PROGRAM, rcvall_request.HELP, asked.options):
        return 0
    if asked.problems:
        program.refuse(PROGRAM, asked.problems, usage=True, log=False)
        return USAGE
    check_user()
    return _list(asked) if asked.lists else _restore(asked)


def run(arguments: list[str]) -> int:
    """Return the exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    return program.exit_code(PROGRAM, lambda: _answer(arguments), log=False)


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=True)
    sys.exit(run(sys.argv[1:]))
