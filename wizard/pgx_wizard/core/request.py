"""What a command line asks of pgx_wizard: a verb, its file, and options.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base.arguments import HELP_OPTIONS, VERSION_OPTIONS, CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core.limits import LONGEST_SECONDS

_TABLES = frozenset({"--fstab", "--fstab-pcl"})
_FLAGS = {
    "show": frozenset({"--from-listing"}),
    "files": frozenset({"--diff"}),
    "apply": frozenset(
        {"--dry-run", "--prune", "--without-database", "--type-inferred"}
    ),
}
_VALUED = {
    "check": frozenset({"--output"}) | _TABLES,
    "show": frozenset({"--output"}),
    "files": frozenset({"-o"}),
    "init": frozenset({"--kind"}),
    "apply": frozenset({"--hvw", "--until", "--timeout", "--transcript"}) | _TABLES,
}
VERBS = ("init", "check", "show", "steps", "files", "apply")
_WORDS = {
    "--output": ("text", "json"),
    "--until": ("generate", "activate"),
    "--kind": ("cmdline", "symfoware"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """A verb, what it works on, options by name, and everything that is wrong with them."""

    verb: str
    operand: str
    options: dict[str, str]
    problems: tuple[Failure, ...]

    def has(self, flag: str) -> bool:
        """Whether *flag* was given."""
        return flag in self.options


def _read(arguments: list[str]) -> CommandLine:
    flags = frozenset().union(*_FLAGS.values())
    valued = frozenset().union(*_VALUED.values())
    line = CommandLine(flags, valued, takes_operands=True)
    line.read(arguments)
    return line


def parse(arguments: list[str]) -> Request:
    """Return what *arguments* ask for, all of their problems included."""
    line = _read(arguments)
    verb, *operands = [*line.operands, ""]
    options = dict(line.given)
    found = [*line.problems, *_about_verb(verb), *line.twice(), *_about_values(options)]
    if verb in VERBS:
        found += line.misplaced(verb, allowed(verb))
        found += _about_operands(verb, operands[:-1])
    return Request(verb, operands[0] if operands else "", options, tuple(found))


def _about_verb(verb: str) -> list[Failure]:
    if verb in VERBS:
        return []
    detail = f"It is one of {', '.join(VERBS)}."
    if not verb:
        return [Failure("no command specified", detail=detail)]
    return [Failure(f"unrecognized command {quoted(verb)}", detail=detail)]


def _about_operands(verb: str, operands: list[str]) -> list[Failure]:
    what = "resource" if verb == "init" else "application file"
    if not operands:
        return [Failure(f"no {what} specified")]
    return [Failure(f"unexpected argument {quoted(word)}") for word in operands[1:]]


def allowed(verb: str) -> frozenset[str]:
    """Return the options that *verb* takes."""
    none: frozenset[str] = frozenset()
    return (
        _FLAGS.get(verb, none)
        | _VALUED.get(verb, none)
        | HELP_OPTIONS
        | VERSION_OPTIONS
    )


def _about_values(options: dict[str, str]) -> list[Failure]:
    return [
        Failure(f"invalid value {quoted(value)} for {option}", detail=detail)
        for option, value in options.items()
        if (detail := _trouble(option, value))
    ]


def _trouble(option: str, value: str) -> str:
    if option in _WORDS and value not in _WORDS[option]:
        return f"It must be {' or '.join(map(quoted, _WORDS[option]))}."
    if option == "--timeout" and not _is_time(value):
        return f"It must be a whole number from 1 to {LONGEST_SECONDS}."
    if option in ("--hvw", "-o", "--transcript") and not value:
        return "It must be a path."
    return ""


def _is_time(value: str) -> bool:
    digits = value.isascii() and value.isdigit() and len(value) < 10
    return digits and 1 <= int(value) <= LONGEST_SECONDS
