"""What a command line asks of pgx_rcvall.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted

FORMATS = ("text", "json")
_FLAGS = frozenset({"-l", "--up-to-gap"})
_VALUED = frozenset({"-D", "-B", "--backup", "--output", "-e", "-n"})
_POINTS = ("-e", "-n")
_OF_LIST = {"-l", "-D", "-B", "--output"}

HELP = """\
pgx_rcvall restores a data directory from a backup of pgx_dmpall.

Usage:
  pgx_rcvall [-D DATADIR] -B DIR [--backup=NAME] [--up-to-gap]
  pgx_rcvall [-D DATADIR] -B DIR -l [--output=FORMAT]

Run it as the instance administrator, with Mirroring Controller and the server stopped.
It recovers to the end of the write-ahead log: what is archived in DIR, and what is left
in pg_wal of the data directory that is replaced.  That is kept until all has succeeded.

Options:
  -D DATADIR                data directory (default: $PGDATA)
  -B DIR                    backup destination: where pgx_dmpall keeps its backups
  -l                        list backups and the newest archived log; restore nothing
      --backup=NAME         restore this backup (default: the newest)
      --up-to-gap           restore what is before a gap in the log; give up the rest
      --output=text|json    form of the list (default: text)
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Afterwards: mc_ctl start --as-primary; then mc_ctl setup on the other server.

Exit status:
  0  done
  1  refused or failed
  2  wrong usage

Environment:
  PGDATA                    data directory, where -D is not given
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, and everything that is wrong with it.

    data, destination  as they were given
    options            all that are given, be the rest right or wrong
    """

    data: str
    destination: str
    name: str
    lists: bool
    up_to_gap: bool
    output: str
    problems: tuple[Failure, ...]
    options: frozenset[str]


def parse(arguments: list[str], data: str = "") -> Request:
    """Return what *arguments* ask for; *data* is the data directory without -D."""
    line = CommandLine(_FLAGS, _VALUED)
    line.read(arguments)
    given, values = line.options(), dict(line.given)
    found = [*line.problems, *line.twice(), *_about_points(given)]
    lists = "-l" in given
    if lists:
        found += line.misplaced("-l", frozenset(_OF_LIST | set(_POINTS)))
    elif "--output" in given:
        found.append(Failure('option "--output" needs option "-l"'))
    asked = Request(
        values.get("-D", data),
        values.get("-B", ""),
        values.get("--backup", ""),
        lists,
        "--up-to-gap" in given,
        values.get("--output", FORMATS[0]),
        (),
        given,
    )
    found += _about_values(asked)
    return Request(
        asked.data,
        asked.destination,
        asked.name,
        lists,
        asked.up_to_gap,
        asked.output,
        tuple(found),
        given,
    )


def _about_points(given: frozenset[str]) -> list[Failure]:
    """A standby, and whoever has seen later rows, knows of what would be undone."""
    if given.isdisjoint(_POINTS):
        return []
    return [
        Failure(
            "a database in multiplexing mode cannot be recovered to a past point",
            detail="The manual rules it out (6.11.2): the standby, and whoever was "
            "acknowledged a commit, have what would be undone.",
            hint="Leave the option out: recovery goes to the end of the write-ahead log.",
        )
    ]


def _about_values(asked: Request) -> list[Failure]:
    found = []
    if not asked.destination:
        found.append(
            Failure(
                "no backup destination given",
                hint="Give the directory that pgx_dmpall writes to by -B.",
            )
        )
    if not asked.data and not asked.lists:
        found.append(
            Failure(
                "no data directory given",
                hint="Give it by -D, or in the variable PGDATA.",
            )
        )
    if "--backup" in asked.options and not asked.name:
        found.append(Failure('option "--backup" requires a value'))
    if asked.output not in FORMATS:
        detail = f"It must be {' or '.join(map(quoted, FORMATS))}."
        found.append(
            Failure(f"invalid output format {quoted(asked.output)}", detail=detail)
        )
    return found
