"""How pgx_monitor is called.  Only our own programs call it, so the form is strict."""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_base.light.dataclasses import dataclass
from pgx_pclrsc.core import names

SYNOPSIS = (
    "usage: pgx_monitor NAME [--by=online|check|manager] [--generation=TOKEN] "
    "[--wait-fd=N] [--ready-fd=N]"
)

ONLINE, CHECK, MANAGER = "online", "check", "manager"
STARTED, ADOPTED = "started", "adopted"


@dataclass(frozen=True, slots=True)
class Options:
    """What the monitor is started with.

    *by*: `online` works under Online's lock, `check` takes over by itself, and so does
    `manager`, also where the record's server is Faulted and has ended.  *generation*:
    of the record that the starter has seen, `-` for none.  *wait_fd*: where the line
    `PID START GENERATION started|adopted` is read from.  *ready_fd*: where the first word
    is written to.
    *interval_ms* replaces the watch-interval; only the bench needs less than a second.
    """

    name: str
    by: str = CHECK
    generation: str = ""
    wait_fd: int = -1
    ready_fd: int = -1
    interval_ms: int = 0


def _usage() -> Failure:
    return Failure(SYNOPSIS)


def parse(arguments: list[str]) -> Options:
    """Return the options in *arguments*.  Raises Failure."""
    if not arguments or not names.is_name(arguments[0]):
        raise _usage()
    given: dict[str, str] = {}
    for argument in arguments[1:]:
        name, equals, text = argument.partition("=")
        if not equals or not name.startswith("--") or name in given:
            raise _usage()
        given[name] = text
    try:
        options = Options(
            arguments[0],
            given.pop("--by", CHECK),
            given.pop("--generation", ""),
            int(given.pop("--wait-fd", "-1")),
            int(given.pop("--ready-fd", "-1")),
            int(given.pop("--watch-interval-ms", "0")),
        )
    except ValueError as ex:
        raise _usage() from ex
    if given or options.by not in (ONLINE, CHECK, MANAGER):
        raise _usage()
    return options


@dataclass(frozen=True, slots=True)
class Told:
    """What Online tells: the server, its record's generation, whether it was *started* here."""

    postmaster: Ident | None
    generation: str
    started: bool = False


def parse_told(line: str) -> Told | None:
    """Return what Online tells on --wait-fd, None when it tells nothing."""
    words = line.split()
    if len(words) != 4:
        return None
    return Told((int(words[0]), int(words[1])), words[2], words[3] == STARTED)
