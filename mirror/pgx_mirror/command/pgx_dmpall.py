"""pgx_dmpall: backs up the database of a pair's primary.  Manual 6.11.2."""

from __future__ import annotations

import os
import sys

from pgx_base import program
from pgx_mirror.command import dump_request, texts
from pgx_mirror.command.dump_request import PROGRAM
from pgx_mirror.command.mc_ctl import USAGE, VARIABLE, check_user


def _answer(arguments: list[str]) -> int:
    asked = dump_request.parse(arguments, os.environ.get("PGDATA", ""))
    if program.answered(PROGRAM, texts.PGX_DMPALL, asked.options):
        return 0
    if asked.problems:
        program.refuse(PROGRAM, asked.problems, usage=True, log=False)
        return USAGE
    check_user()
    # A whole psycopg would take longer than all else that is loaded.
    from pgx_postgres.probe import lean

    lean.load()
    from pgx_mirror.command import dumping

    return dumping.dump(asked, os.environ.get(VARIABLE, ""))


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=True)
    sys.exit(program.exit_code(PROGRAM, lambda: _answer(sys.argv[1:]), log=False))
