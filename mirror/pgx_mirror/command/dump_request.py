"""What a command line asks of pgx_dmpall.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted

PROGRAM = "pgx_dmpall"
GENERATIONS = 2
VALUED = frozenset({"-D", "-c", "--generations"})
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and everything that is wrong with it.

    data     the data directory, empty where none is given
    conf     the path of serverIdentifier.conf, empty where it is to be found
    options  all that are given, be the rest right or wrong
    """

    data: str
    conf: str
    generations: int
    problems: tuple[Failure, ...]
    options: frozenset[str]


def parse(arguments: list[str], data: str = "") -> Asked:
    """Return what *arguments* ask for; *data*: where -D is not given, empty for none."""
    line = CommandLine(frozenset(), VALUED)
    line.read(arguments)
    values = dict(line.given)
    found = [*line.problems, *line.twice()]
    data = values.get("-D", data)
    if not data:
        found.append(
            Failure(
                "no data directory given",
                hint="Give it with -D, or set the variable PGDATA.",
            )
        )
    conf = values.get("-c", "")
    if "-c" in values and not conf.endswith(".conf"):
        found.append(_no_conf(conf))
    generations = _number(values.get("--generations", str(GENERATIONS)))
    if not generations:
        found.append(_no_number(values["--generations"]))
    return Asked(data, conf, generations, tuple(found), line.options())


def _number(text: str) -> int:
    """Return the number that *text* is, 0 where it is none that can be kept."""
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        return 0
    return int(text) if int(text) <= _MOST else 0


def _no_conf(text: str) -> Failure:
    return Failure(
        f"invalid configuration file {quoted(text)}",
        detail="It is serverIdentifier.conf in the management directory.",
    )


def _no_number(text: str) -> Failure:
    return Failure(
        f"invalid number of generations {quoted(text)}",
        detail=f"It must be a whole number from 1 to {_MOST}.",
    )
