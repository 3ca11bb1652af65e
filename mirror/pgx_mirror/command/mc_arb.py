"""mc_arb: the arbitration process, which decides where two servers do not hear each other.

Reference of the newer manuals: mc_arb start, stop, status.  It is not in V12.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from pgx_base import program, report
from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command import arbiter
from pgx_mirror.conf.problem import Unsound, failures

PROGRAM = "mc_arb"
VARIABLE = "ARBCONTROLDIR"
USAGE = 2
START, STOP, STATUS, SERVICE = "start", "stop", "status", "generate-service"
FORMATS = ("text", "json")
_CONTRARY = (("-w", "-W"),)
_ALLOWED = {
    START: frozenset({"-M", "-w", "-W"}),
    STOP: frozenset({"-M", "-e"}),
    STATUS: frozenset({"-M", "--output"}),
    SERVICE: frozenset({"-M"}),
}
HELP = """\
mc_arb decides which server goes on where two do not hear each other.

Usage:
  mc_arb start [-M MCDIR] [-w|-W]
  mc_arb stop [-M MCDIR] [-e]
  mc_arb status [-M MCDIR] [--output=FORMAT]
  mc_arb generate-service [-M MCDIR]

Modes:
  start                     start the arbitration process
  stop                      stop it; refused while a server is connected
  status                    show which servers are connected
  generate-service          print a unit of systemd that starts and stops it

Options:
  -M MCDIR                  management directory (default: $ARBCONTROLDIR)
  -w                        wait until it serves (default)
  -W                        wait for nothing
  -e                        stop it by force, whoever is connected
      --output=text|json    form of the output (default: text)
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mode and its options, and everything that is wrong with them."""

    mode: str
    options: frozenset[str]
    mcdir: str
    output: str
    problems: tuple[Failure, ...]


def parse(arguments: list[str], mcdir: str = "") -> Asked:
    """Return what *arguments* ask for; *mcdir* is for where -M is not given, "" for none.  Pure."""
    line = CommandLine(
        frozenset({"-w", "-W", "-e"}),
        frozenset({"-M", "--output"}),
        takes_operands=True,
    )
    line.read(arguments)
    values, given = dict(line.given), line.options()
    where, output = values.get("-M", mcdir), values.get("--output", "text")
    problems = [*line.problems, *line.twice(), *_about_mode(line.operands)]
    mode = line.operands[0] if line.operands else ""
    if mode in _ALLOWED:
        problems += line.misplaced(mode, _ALLOWED[mode])
    problems += [
        Failure(f"option {quoted(one)} cannot be used with option {quoted(other)}")
        for one, other in _CONTRARY
        if {one, other} <= given
    ]
    if not where:
        hint = f"Give it with -M, or in the variable {VARIABLE}."
        problems.append(Failure("no management directory given", hint=hint))
    if output not in FORMATS:
        detail = f"It must be {' or '.join(map(quoted, FORMATS))}."
        problems.append(
            Failure(f"invalid output format {quoted(output)}", detail=detail)
        )
    return Asked(mode, given, where, output, tuple(problems))


def _about_mode(operands: list[str]) -> list[Failure]:
    known = f"Modes: {', '.join(_ALLOWED)}."
    if not operands:
        return [Failure("no mode given", detail=known)]
    found = [Failure(f"unexpected argument {quoted(word)}") for word in operands[1:]]
    if operands[0] not in _ALLOWED:
        found.insert(
            0, Failure(f"unrecognized mode {quoted(operands[0])}", detail=known)
        )
    return found


def _act(asked: Asked) -> int:
    mcdir = os.path.abspath(asked.mcdir)
    match asked.mode:
        case "generate-service":
            from pgx_mirror.command import service

            return service.show_arbiter(mcdir)
        case "start":
            return arbiter.start(PROGRAM, mcdir, wait="-W" not in asked.options)
        case "stop":
            return arbiter.stop(mcdir, force="-e" in asked.options)
        case _:
            return arbiter.status(PROGRAM, mcdir, as_json=asked.output == "json")


def _run(arguments: list[str]) -> int:
    asked = parse(arguments, os.environ.get(VARIABLE, ""))
    if program.answered(PROGRAM, HELP, asked.options):
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
