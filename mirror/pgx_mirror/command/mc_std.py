"""mc_std: starts and stops a server of the pair with the operating system (manual 6.10)."""

from __future__ import annotations

import os
import sys

from pgx_base import program
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command import boot, std_request, texts
from pgx_mirror.command.boot import PROGRAM
from pgx_mirror.command.mc_ctl import USAGE, check_user
from pgx_mirror.command.request import START
from pgx_mirror.command.std_request import Asked


def _problems(asked: Asked) -> list[Failure]:
    found = list(asked.problems)
    if asked.installdir.startswith("/") and not os.access(asked.program, os.X_OK):
        found.append(Failure(f"there is no program {quoted(asked.program)}"))
    return found


def _answer(arguments: list[str]) -> int:
    asked = std_request.parse(arguments)
    if program.answered(PROGRAM, texts.MC_STD, asked.options):
        return 0
    if problems := _problems(asked):
        program.refuse(PROGRAM, problems, usage=True, log=False)
        return USAGE
    check_user()
    return boot.start(asked) if asked.mode == START else boot.stop(asked)


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=True)
    sys.exit(program.exit_code(PROGRAM, lambda: _answer(sys.argv[1:]), log=False))
