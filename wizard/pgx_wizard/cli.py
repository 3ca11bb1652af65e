"""pgx_wizard: a cluster application from one file, checked and typed into hvw (manual A)."""

from __future__ import annotations

import os
import signal
import sys

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.version import VERSION
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
      --fstab=FILE          table to compare with (default: this node's own, where the
      --fstab-pcl=FILE      node is one of the application's machines)
      --output=text|json    form of the output of check and show (default: text)

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

FILE can be - for standard input.
Exit codes: 0 done, with or without warnings; 1 refused or failed; 3 saved, but something
is left to a person.
"""

_VERBS = {
    "init": commands.init,
    "check": commands.check,
    "show": commands.show,
    "steps": commands.steps,
    "files": commands.files,
}


def _prologue() -> None:
    """Make descriptors 0 to 2 exist, lest a file of ours becomes one, and children waitable."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for number in (signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def _print(text: str) -> None:
    data = (text.rstrip("\n") + "\n").encode() if text else b""
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError as ex:
        raise Failure(f"could not write to standard output: {ex.strerror}") from ex


def _act(asked: request.Request) -> int:
    if asked.verb == "apply":
        from pgx_wizard import apply  # pexpect costs as much as all of check

        code, output = apply.run(asked)
    else:
        code, output = _VERBS[asked.verb](asked)
    _print(output)
    return code


def _refuse(reasons: tuple[Failure, ...], usage: bool) -> int:
    for reason in reasons:
        report.show(PROGRAM, "error", reason, log=False)
    if usage:
        report.to_stderr(
            f'{PROGRAM}: hint: Try "{PROGRAM} --help" for more information.'
        )
    return 1


def run(arguments: list[str]) -> int:
    """Return the exit code for *arguments*: 0 done, 1 refused, 3 left to a person."""
    try:
        asked = request.parse(arguments)
        if request.wants(arguments, request.HELP):
            _print(HELP)
        elif request.wants(arguments, request.VERSION):
            _print(f"{PROGRAM} (pgx-primecluster) {VERSION}")
        elif asked.problems:
            return _refuse(asked.problems, usage=True)
        else:
            return _act(asked)
    except commands.Refused:
        return 1
    except Failure as ex:
        return _refuse((ex,), usage=False)
    except KeyboardInterrupt:
        return _refuse((Failure("interrupted"),), usage=False)
    except Exception as ex:  # noqa: BLE001  # one line, whatever happens
        problem = Failure(f"internal error: {type(ex).__name__}: {ex}")
        return _refuse((problem,), usage=False)
    return 0


def main() -> None:
    """Do what the command line asks for, and exit."""
    _prologue()
    sys.exit(run(sys.argv[1:]))
