"""What a command line asks of mc_arb: one mode and its options.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted

VARIABLE = "ARBCONTROLDIR"
START, STOP, STATUS, SERVICE = "start", "stop", "status", "generate-service"
FORMATS = ("text", "json")
_CONTRARY = (("-w", "-W"),)
ALLOWED = {
    START: frozenset({"-M", "-w", "-W"}),
    STOP: frozenset({"-M", "-e"}),
    STATUS: frozenset({"-M", "--output"}),
    SERVICE: frozenset({"-M"}),
}


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
    if mode in ALLOWED:
        problems += line.misplaced(mode, ALLOWED[mode])
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
    known = f"Modes: {', '.join(ALLOWED)}."
    if not operands:
        return [Failure("no mode given", detail=known)]
    found = [Failure(f"unexpected argument {quoted(word)}") for word in operands[1:]]
    if operands[0] not in ALLOWED:
        found.insert(
            0, Failure(f"unrecognized mode {quoted(operands[0])}", detail=known)
        )
    return found
