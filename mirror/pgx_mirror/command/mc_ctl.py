"""mc_ctl: what an instance administrator operates a pair with (manual, chapters 6 to 8)."""

from __future__ import annotations

import os
import sys

from pgx_base import program
from pgx_base.failure import Failure, Passing
from pgx_mirror.command import request, texts
from pgx_mirror.command.request import Request
from pgx_mirror.command.telling import PROGRAM, warn
from pgx_mirror.conf.problem import Unsound, failures
from pgx_mirror.controller.asking import Refused

VARIABLE = "MCCONTROLDIR"
USAGE = 2
# Of a start or stop by mc_std, which says so and tries again: refused for what time may mend.
PASSES = 4
BY_STD = "MC_STD"


def check_user() -> None:
    """Refuse root.  Raises Failure."""
    if os.geteuid() == 0:
        raise Failure(
            "cannot be run as root",
            detail="PostgreSQL refuses to run as root.",
            hint="Run it as the instance administrator, who owns the data directory.",
        )


def _act(asked: Request) -> int:
    """Do what is asked for, and return the exit code.  Raises Failure, Refused, Unsound."""
    check_user()
    # What a mode alone needs is loaded when it is asked for: status is asked often.
    match asked.mode:
        case request.STATUS:
            from pgx_mirror.command import status

            return status.show(asked)
        case request.START:
            from pgx_mirror.command import start

            return start.start(asked)
        case request.SECRET:
            from pgx_mirror.command import secret

            return secret.write(asked)
        case request.SERVICE:
            from pgx_mirror.command import service

            return service.show(asked)
        case request.LEFTOVERS:
            from pgx_mirror.command import leaving

            return leaving.show(asked)
        case request.REPORT:
            from pgx_mirror.command import reporting

            return reporting.write(asked)
        case request.LAST:
            from pgx_mirror.command import last_primary

            return last_primary.show(asked)
        case request.SETUP:
            from pgx_postgres.probe import lean

            lean.load()
            from pgx_mirror.command import standby

            return standby.make(asked)
        case _:
            from pgx_mirror.command import acting

            return acting.act(asked)


def _answer(arguments: list[str]) -> int:
    asked = request.parse(arguments, os.environ.get(VARIABLE, ""))
    if program.answered(PROGRAM, texts.MC_CTL, asked.options):
        return 0
    for warning in asked.warnings:
        warn(warning)
    if asked.problems:
        program.refuse(PROGRAM, asked.problems, usage=True, log=False)
        return USAGE
    # A controller that is started here need not know.
    by_std = bool(os.environ.pop(BY_STD, ""))
    try:
        return _act(asked)
    except Refused as ex:
        code = program.refuse(PROGRAM, ex.reasons, log=False)
        passes = all(isinstance(reason, Passing) for reason in ex.reasons)
        return PASSES if passes and by_std else code
    except Unsound as ex:
        return program.refuse(PROGRAM, failures(ex.problems), log=False)


def run(arguments: list[str]) -> int:
    """Return the exit code: 0 done, 1 refused or failed, 2 wrong usage.

    Of a status also 3, of a start or a stop by mc_std 4.
    """
    return program.exit_code(PROGRAM, lambda: _answer(arguments), log=False)


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=True)
    sys.exit(run(sys.argv[1:]))
