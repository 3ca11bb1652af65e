"""What a command line asks of pgx_wizard: a verb, its file, and options.  Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.limits import LONGEST_SECONDS

HELP, VERSION = frozenset({"-?", "--help"}), frozenset({"-V", "--version"})

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


@dataclass
class _Line(CommandLine):
    """A command line whose operands are the verb and its file."""

    operands: list[str] = field(default_factory=list)

    def _operands(self, words: list[str]) -> None:
        self.operands += words


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


def wants(arguments: list[str], flags: frozenset[str]) -> bool:
    """Whether one of *flags* is given, be the rest right or wrong."""
    return any(option in flags for option, _ in _read(arguments).given)


def _read(arguments: list[str]) -> _Line:
    flags = frozenset().union(*_FLAGS.values())
    line = _Line(HELP | VERSION | flags, frozenset().union(*_VALUED.values()))
    line.read(arguments)
    return line


def parse(arguments: list[str]) -> Request:
    """Return what *arguments* ask for, all of their problems included."""
    line = _read(arguments)
    verb, *operands = [*line.operands, ""]
    options = dict(line.given)
    found = [*line.problems, *_about_verb(verb), *_twice(line), *_about_values(options)]
    if verb in VERBS:
        found += [*_misplaced(verb, options), *_about_operands(verb, operands[:-1])]
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


def _twice(line: CommandLine) -> list[Failure]:
    times = Counter(option for option, _ in line.given)
    return [
        Failure(f"option {quoted(option)} given more than once")
        for option, count in times.items()
        if count > 1
    ]


def _misplaced(verb: str, options: dict[str, str]) -> list[Failure]:
    allowed = (
        _FLAGS.get(verb, frozenset()) | _VALUED.get(verb, frozenset()) | HELP | VERSION
    )
    return [
        Failure(f"option {quoted(option)} cannot be used with {quoted(verb)}")
        for option in options
        if option not in allowed
    ]


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
