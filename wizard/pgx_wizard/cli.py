"""pgx_wizard: a cluster application from one file, checked and typed into hvw (manual A)."""

from __future__ import annotations

import sys

from pgx_base import program, report
from pgx_wizard import commands
from pgx_wizard.commands import PROGRAM
from pgx_wizard.core import request

HELP = """\
pgx_wizard creates and changes a cluster application of PRIMECLUSTER from one file.

Usage:
  pgx_wizard init RESOURCE [--kind=KIND]
  pgx_wizard check FILE [OPTION]...
  pgx_wizard show FILE [--from-listing] [--output=FORMAT]
  pgx_wizard steps FILE
  pgx_wizard files FILE -o DIR | --diff
  pgx_wizard apply FILE [OPTION]...

FILE can be - for standard input.

Commands:
  init                      print a commented application file for a registered resource
  check                     check FILE against the manual's rules; all problems at once
  show                      list the settings as hvw's screens list them
  steps                     print numbered instructions for a person at hvw
  files                     write lines for fstab, fstab.pcl, hvipalias and hosts, and a
                            script of hvgdsetup commands, into DIR; no file is edited
  apply                     start hvw and type the application into it

Options for init:
      --kind=cmdline|symfoware
                            how RMS runs the database (default: cmdline)

Options for check and apply:
      --fstab=FILE, --fstab-pcl=FILE
                            tables to compare with (default: this node's own, where the
                            node is one of the application's machines)

Options for check and show:
      --output=text|json    form of the output (default: text)

Options for show:
      --from-listing        FILE is a listing, not an application file

Options for files:
  -o DIR                    directory that is written to; created if missing
      --diff                print what differs from this node's files instead

Options for apply:
      --hvw=PATH            the program (default: /opt/SMAW/SMAWRrms/bin/hvw)
      --dry-run             read hvw's screens, show what would be typed, save nothing
      --until=generate|activate
                            last step (default: activate)
      --prune               remove what hvw has and FILE has not
      --without-database    remove the database resource, and change nothing else
      --type-inferred       type also where hvw's screens are not documented
                            (CommandLines, IpAddresses)
      --timeout=SECONDS     time that hvw may take for one screen (default: 60)
      --transcript=FILE     all that hvw printed and was typed
                            (default: pgx_wizard-APPLICATION.log)

Common options:
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Exit status:
  0  done, with or without warnings
  1  refused or failed
  3  saved, but something is left to a person

Environment:
  PGX_PCLRSC_HOME           directory of the registry (default: /etc/opt/pgx_pclrsc)
"""

_VERBS = {
    "init": commands.init,
    "check": commands.check,
    "show": commands.show,
    "steps": commands.steps,
    "files": commands.files,
}


def _act(asked: request.Request) -> int:
    if asked.verb == "apply":
        from pgx_wizard import apply  # pexpect costs as much as all of check

        code, output = apply.run(asked)
    else:
        code, output = _VERBS[asked.verb](asked)
    report.to_stdout(output)
    return code


def _answer(arguments: list[str]) -> int:
    asked = request.parse(arguments)
    if program.answered(PROGRAM, HELP, asked.options):
        return 0
    if asked.problems:
        return program.refuse(PROGRAM, asked.problems, usage=True, log=False)
    try:
        return _act(asked)
    except commands.Refused:
        return 1


def run(arguments: list[str]) -> int:
    """Return the exit code for *arguments*: 0 done, 1 refused, 3 left to a person."""
    return program.exit_code(PROGRAM, lambda: _answer(arguments), log=False)


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=True)
    sys.exit(run(sys.argv[1:]))
