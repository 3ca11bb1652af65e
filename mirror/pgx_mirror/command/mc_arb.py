"""mc_arb: the arbitration process, which decides where two servers do not hear each other.

Reference of the newer manuals: mc_arb start, stop, status.  It is not in V12.
"""

from __future__ import annotations

import os
import sys

from pgx_base import program, report
from pgx_mirror.command import arb_request, arbiter, texts
from pgx_mirror.command.arb_request import Asked
from pgx_mirror.conf.problem import Unsound, failures

PROGRAM = "mc_arb"
USAGE = 2


def _act(asked: Asked) -> int:
    mcdir = os.path.abspath(asked.mcdir)
    match asked.mode:
        case arb_request.SERVICE:
            from pgx_mirror.command import service

            return service.show_arbiter(mcdir)
        case arb_request.START:
            return arbiter.start(PROGRAM, mcdir, wait="-W" not in asked.options)
        case arb_request.STOP:
            return arbiter.stop(mcdir, force="-e" in asked.options)
        case _:
            return arbiter.status(PROGRAM, mcdir, as_json=asked.output == "json")


def _run(arguments: list[str]) -> int:
    asked = arb_request.parse(arguments, os.environ.get(arb_request.VARIABLE, ""))
    if program.answered(PROGRAM, texts.MC_ARB, asked.options):
        return 0
    if asked.problems:
        program.refuse(PROGRAM, asked.problems, usage=True, log=False)
        return USAGE
    try:
        return _act(asked)
    except Unsound as ex:
        return program.refuse(PROGRAM, failures(ex.problems), log=False)


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=False)
    try:
        code = program.exit_code(PROGRAM, lambda: _run(sys.argv[1:]), log=False)
    except BaseException as ex:  # noqa: BLE001  # Python's own exit code never gets out
        report.show(PROGRAM, "error", program.as_failure(ex), log=False)
        code = 1
    sys.exit(code)
